"""Points against a server: wrk makes the load, /proc tells what it cost."""

import json
import random
import re
import subprocess
import time

from . import process
from .tools import BENCH, OUT, Failed

_RECORDED = "SELECT count(*) FROM roundtable_passages WHERE number >= 100 AND roundtable_id = ANY('{%s}'::uuid[])"


class Meter:
    """What the machine, the database and the server spent between two moments."""

    def __init__(self, cluster, server_pid=None):
        self.cluster, self.pid = cluster, server_pid
        self.first = self._now()

    def _now(self):
        server = process.cpu_seconds(self.pid) if self.pid else 0.0
        own = process.own_cpu_seconds()
        return time.monotonic(), process.machine_seconds(), own, server, self.cluster.cpu_seconds()

    def read(self, requests):
        """Costs per request in microseconds, and how much of the machine others had."""
        (t0, m0, o0, s0, p0), (t1, m1, o1, s1, p1) = self.first, self._now()
        micros = lambda seconds: round(1e6 * seconds / max(requests, 1), 1)
        return {
            "server_us": micros(s1 - s0),
            "postgres_us": micros(p1 - p0),
            "all_us": micros(m1["busy"] - m0["busy"]),
            "foreign_cores": round(max(0.0, (m1["processes"] - m0["processes"]) - (o1 - o0)) / (t1 - t0), 3),
            "stolen_cores": round((m1["steal"] - m0["steal"]) / (t1 - t0), 3),
            "load": process.load_average(),
        }


class Load:
    """A question's requests to one server, written down for wrk."""

    def __init__(self, server, question):
        self.server, self.question = server, question
        self.path = OUT / f"requests-{server.name}-{server.cluster.scale}-{question}"
        self.counter = 0
        self.writes = question == "M1"

    def write(self):
        """Writes the requests, with tokens that are good for the point."""
        self.server.workload.fresh()
        items = self.server.items(self.question)
        with open(self.path, "wb") as file:
            for place, item in items:
                whole = self.server.request(self.question, place, item)
                # Neither mark changes the length: a number has three digits, the end of an id twelve.
                file.write(b"%d\n" % len(whole) + whole)
        self.count = len(items)

    def wrk(self, connections, seconds):
        url = f"http://127.0.0.1:{self.server.port}/graphql"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(BENCH / "load.lua")]
        done = subprocess.run(
            [*command, url, "--", str(self.path), str(self.counter)], capture_output=True, text=True, check=False
        )
        self.server.cluster.settle()
        found = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
        if not found:
            raise Failed(f"wrk: {done.stdout[-300:]}{done.stderr[-300:]}")
        result = json.loads(found[1])
        self.counter += result["requests"] + 2 * connections
        return result

    def warm(self, connections, seconds):
        self.write()
        self.wrk(connections, seconds)
        self.clean()

    def point(self, connections, seconds):
        """One measurement."""
        self.write()
        pid = self.server.process.pid
        process.forget_peak(pid)
        meter = Meter(self.server.cluster, pid)
        result = self.wrk(connections, seconds)
        spent = meter.read(result["requests"])
        memory = {"rss_mb": round(process.memory_mb(pid), 1), "peak_mb": round(process.memory_mb(pid, "VmHWM"), 1)}
        point = {**spent, **memory, **self.check(result)}
        self.clean()
        point["rps"] = round(result["requests"] / result["seconds"], 1)
        point.update({name: result[name] for name in ("requests", "p50", "p99", "not2xx", "broken", "late")})
        return point

    def check(self, result):
        """Are the answers still answers? Reads are sampled; of writes the rows are counted."""
        if self.writes:
            drafts = ",".join(draft["uuid"] for _, draft in self.server.workload.drafts())
            found = int(self.server.cluster.sql(_RECORDED % drafts))
            # Requests in flight when wrk stops may or may not have been done.
            good = result["requests"] - result["not2xx"] <= found
            return {"errors": 0 if good else result["requests"] - found, "bytes": None}
        items = random.Random(7).sample(self.server.items(self.question), 20)
        errors, sizes = 0, []
        for place, item in items:
            headers = self.server.headers(self.server.workload.towns[place])
            status, text = self.server.client.post(headers, self.server.body(self.question, place, item))
            errors += status != 200 or b'"errors"' in text
            sizes.append(len(text))
        return {"errors": errors, "bytes": sum(sizes) // len(sizes)}

    def clean(self):
        if self.writes:
            forget_passages(self.server.cluster, self.server.workload)
            self.counter = 0


def forget_passages(cluster, workload):
    """Takes back what a writing point wrote, its audit and its events, and leaves the tables as they were."""
    drafts = workload.drafts()
    towns = ",".join(town["municipality"] for town in workload.towns)
    meetings = ",".join(draft["uuid"] for _, draft in drafts)
    passages = (
        "FROM roundtable_passages WHERE number >= 100"
        f" AND municipality_id = ANY('{{{towns}}}') AND roundtable_id = ANY('{{{meetings}}}')"
    )
    cluster.sql(
        "BEGIN; SET LOCAL session_replication_role = replica;"
        f"CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT id, xmin::text::bigint AS xid {passages};"
        "DELETE FROM audit_entries WHERE kind = 'roundtable_passages' AND op = 'INSERT'"
        f" AND municipality_id = ANY('{{{towns}}}') AND object_id IN (SELECT id FROM gone);"
        "DELETE FROM events WHERE kind = 'roundtable_passages' AND xid >= (SELECT min(xid)::text::xid8 FROM gone)"
        f" AND object_id IN (SELECT id FROM gone); DELETE {passages}; COMMIT"
    )
    for table in ("roundtable_passages", "audit_entries", "events"):
        cluster.sql(f"VACUUM {table}")
    cluster.sql("CHECKPOINT")
