"""bench/run: prepare, verify, measure, tell."""

import signal
import sys

from . import extras, ledger, options, rounds, security, table, tools
from .cluster import share_huge_pages
from .results import Results, conditions
from .stage import Stage


def main():
    chosen = options.read()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if chosen.security:
        return sys.exit(0 if security.run(chosen.binary or tools.build()) else 1)
    stages = []
    try:
        if chosen.ledger:
            return sys.exit(0 if ledger.run(chosen.binary or tools.build(), chosen.seconds) else 1)
        tools.need_wrk()
        tools.OUT.mkdir(parents=True, exist_ok=True)
        chosen.binary = chosen.binary or tools.build()
        stages += [Stage(scale, chosen) for scale in chosen.scales]
        for stage in stages:
            stage.cluster.seed()
        share_huge_pages([stage.cluster for stage in stages])
        for stage in stages:
            stage.open()
        measure(stages, chosen)
    except tools.Failed as why:
        tools.say(why)
        sys.exit(1)
    finally:
        for stage in stages:
            stage.close()


def measure(stages, chosen):
    results = Results()
    results.write("conditions", **conditions(stages, chosen))
    rounds.shapes(stages, results)
    rounds.rounds(stages, chosen, results)
    for stage in stages:
        extras.floor(stage, results, 1 if chosen.quick else 3)
        extras.memory(stage, results)
    print(table.console(results.lines))
    tools.say(f"results: {results.path.relative_to(tools.ROOT)}")
