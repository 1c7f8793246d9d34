"""What is not throughput: memory with many connections, latency with one."""

from . import process
from .tools import say


def memory(stage, results, connections=256):
    """Our server's memory while 256 clients press; the peers' for comparison."""
    for name, server in stage.servers.items():
        load = stage.load(name, "Q1")
        load.write()
        load.wrk(connections, 3)
        result = load.wrk(connections, 3)
        rss = round(process.memory_mb(server.process.pid), 1)
        peak = round(process.memory_mb(server.process.pid, "VmHWM"), 1)
        results.write("memory", scale=stage.scale, target=name, connections=connections, rss_mb=rss, peak_mb=peak,
                      requests=result["requests"], broken=result["broken"], not2xx=result["not2xx"])  # fmt: skip
        say(f"{stage.scale} {name}: {rss} MB with {connections} connections, {peak} MB at its peak")


def floor(stage, results, seconds=2):
    """The latency of one client alone."""
    for name in stage.servers:
        for question in (q for q in stage.options.questions if q != "M1"):
            load = stage.load(name, question)
            load.write()
            result = load.wrk(1, seconds)
            latency = {"p50": result["p50"], "p99": result["p99"]}
            results.write("floor", scale=stage.scale, target=name, question=question, **latency)
