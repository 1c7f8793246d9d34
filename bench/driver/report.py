"""bench/report: docs/performance.md and docs/performance.svg from a run's results."""

import sys

from . import results, section
from .chart import chart
from .figures import Figures
from .questions import ABOUT
from .table import GOALS, HEAD, SIGN, goals, markdown, number, points
from .tools import ROOT, say


def main():
    lines = results.read(sys.argv[1] if len(sys.argv) > 1 else None)
    if not lines:
        say("there are no results yet: run bench/run")
        sys.exit(1)
    figures = Figures(lines)
    main_scale = figures.scales[-1]
    (ROOT / "docs" / "performance.svg").write_text(chart(figures, main_scale))
    (ROOT / "docs" / "performance.md").write_text("\n".join([*document(figures, main_scale), *section.kept().values()]))
    say("docs/performance.md, docs/performance.svg")


def document(figures, main_scale):
    known = figures.conditions
    yield "# Performance\n"
    yield (
        f"Measured on {known['date']} with `bench/run` ([bench/README.md](../bench/README.md) says how), revision"
        f" {known['revision']}. Quote the ratios; requests per second belong to this machine.\n"
    )
    yield "![Requests per second as multiples of PostGraphile 5](performance.svg)\n"
    yield from _questions(figures)
    for scale in reversed(figures.scales):
        yield f"## Scale: {scale}\n"
        yield markdown(GOALS, goals(figures, scale)) + "\n"
        yield markdown(HEAD, points(figures, scale)) + "\n"
    yield from _musts(figures)
    yield from _moonshots(figures)
    yield from _other(figures, main_scale)
    yield from _conditions(figures)


def _questions(figures):
    yield markdown(["question", "what"], ([q, ABOUT[q]] for q in figures.questions)) + "\n"
    yield (
        "Every target answered the same, apart from the form of ids, before anything was measured, and every one works"
        " behind row-level security as the role `entaku_app`. `limit` is the fastest hand-written statement set in"
        " pgbench, with 8 clients and no HTTP. `limit-no-rls` is the same past the walls, with the municipality as a"
        " condition. Medians of all rounds.\n"
    )


def _musts(figures):
    yield "## Musts\n"
    rows = ([SIGN[met], must, reached] for must, reached, met in figures.musts())
    yield markdown(["", "must", "reached"], rows) + "\n"
    yield (
        "What RLS costs is what PostgreSQL spends more per request with the walls than without (the limit's two rows),"
        " as a part of all CPU that a request of ours takes: the program itself refuses a role that passes the walls.\n"
    )


def _moonshots(figures):
    missed = [row for row in figures.moonshots() if row[3] < row[2]]
    yield "## Moonshots\n"
    yield ("Missed:\n" if missed else "All reached.\n")
    for question, scale, aim, reached in missed:
        spent = [figures.median(scale, question, "entaku", name) for name in ("server_us", "postgres_us", "all_us")]
        yield (
            f"- {question}, {scale}: {reached:.1f} × of {aim} ×. Of {spent[2]:.0f} µs a request, the server takes"
            f" {spent[0]:.0f}, PostgreSQL {spent[1]:.0f}, the load generator and the kernel the rest."
        )
    yield ""


def _other(figures, main_scale):
    yield "## One client alone\n"
    floor = [line for line in figures.of("floor") if line["scale"] == main_scale]
    rows = ([f["question"], f["target"], number(f["p50"], 2), number(f["p99"], 2)] for f in floor)
    yield markdown(["question", "target", "p50 ms", "p99 ms"], rows) + "\n"
    yield "## Memory\n"
    rows = (
        [m["scale"], m["target"], str(m["connections"]), number(m["rss_mb"], 0), number(m["peak_mb"], 0)]
        for m in figures.of("memory")
    )
    yield markdown(["scale", "target", "connections", "RSS MB", "peak MB"], rows) + "\n"
    yield "## Shapes of the limit\n"
    told = lambda reached: ", ".join(f"{shape} {tps:.0f}" for shape, tps in reached.items())
    rows = ([s["scale"], s["question"], told(s["reached"])] for s in figures.of("shapes"))
    yield "Each was tried; the fastest is the limit (req/s, short runs).\n"
    yield markdown(["scale", "question", "reached"], rows) + "\n"


def _conditions(figures):
    known = figures.conditions
    chosen = known["options"]
    yield "## Conditions\n"
    yield (
        f"- {known['machine']}, Linux {known['kernel']}; {chosen['rounds']} rounds of {chosen['seconds']} s a point,"
        f" targets in turn, the order reversed every second round; wrk with {chosen['connections']} connections on the"
        " same cores; pools of 8 connections in the peers."
    )
    yield "- Versions: " + ", ".join(f"{name} {version}" for name, version in known["versions"].items()) + "."
    for scale, facts in known["clusters"].items():
        settings = ", ".join(f"{name} {value or 'none'}" for name, value in sorted(facts["settings"].items()))
        rows = ", ".join(f"{name} {count:,}" for name, count in facts["rows"].items())
        towns = known["towns"][scale]
        yield f"- {scale}: PostgreSQL {facts['version']}, {facts['size']}, {towns} towns asked. {rows}. {settings}."
    points = figures.of("point")
    yield (
        f"- Load average {known['load']:.1f} at the start. Points were repeated while others used more than"
        f" {chosen['foreign']} cores: {sum(p['rejected'] for p in points)} repeats;"
        f" {sum(p['noisy'] for p in points)} of {len(points)} points were kept although others used more."
    )
    faults = [(line, bad) for line, bad in figures.faults() if bad]
    yield f"- Answers with errors, or not 2xx: {'none' if not faults else ''}"
    for line, bad in faults:
        yield f"  - {line['scale']} {line['question']} {line['target']} round {line['round'] + 1}: {bad}"
    for name, why in known["absent"].items():
        yield f"- Left out: {name}: {why}"
    yield ""
