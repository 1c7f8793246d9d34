"""Tables of a run, for the console and for Markdown."""

import unicodedata

from .figures import MOONSHOT, MUST, SHARE, Figures

SIGN = {True: "✓", False: "✗", None: "–"}
HEAD = ["question", "target", "req/s", "× PostGraphile", "of the limit", "p50 ms", "p99 ms", "server µs", "PG µs",
        "all CPU µs", "RSS MB", "bytes"]  # fmt: skip


def points(figures, scale):
    """Rows of medians, a block per question."""
    for question in figures.questions:
        for target in figures.targets:
            found = lambda name: figures.median(scale, question, target, name)
            if found("rps") is None:
                continue
            yield [
                question, target, number(found("rps"), 0),
                number(figures.ratio(scale, question, target, "postgraphile"), 2),
                number(figures.ratio(scale, question, target, "limit"), 2),
                number(found("p50"), 2), number(found("p99"), 1), number(found("server_us"), 0),
                number(found("postgres_us"), 0), number(found("all_us"), 0), number(found("rss_mb"), 0),
                number(found("bytes"), 0),
            ]  # fmt: skip


def goals(figures, scale):
    """The issue's table: a row per question."""
    for question in figures.questions:
        times = figures.ratio(scale, question, "entaku", "postgraphile")
        share = figures.ratio(scale, question, "entaku", "limit")
        yield [
            question, number(times, 2), f"≥ {MUST[question]}", SIGN[None if times is None else times >= MUST[question]],
            str(MOONSHOT[question]), number(share, 2), f"≥ {SHARE[question]}" if question in SHARE else "–",
            SIGN[None if share is None or question not in SHARE else share >= SHARE[question]],
            number(figures.ratio(scale, question, "entaku", "yoga"), 2),
        ]  # fmt: skip


GOALS = ["question", "× PostGraphile", "must", "", "moonshot", "of the limit", "must", "", "× yoga"]


def number(value, digits):
    return "–" if value is None else f"{value:.{digits}f}"


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def plain(head, rows):
    """Columns aligned for a terminal."""
    rows = [head, *rows]
    widths = [max(_width(row[at]) for row in rows) for at in range(len(head))]
    padded = ([cell + " " * (width - _width(cell)) for cell, width in zip(row, widths)] for row in rows)
    return "\n".join("  ".join(row).rstrip() for row in padded)


def _width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def console(lines):
    """What bench/run says at its end."""
    figures, out = Figures(lines), []
    for scale in figures.scales:
        out += [f"\n{scale}", plain(HEAD, points(figures, scale)), "", plain(GOALS, goals(figures, scale))]
    musts = ([SIGN[met], must, reached] for must, reached, met in figures.musts())
    out += ["", "musts", plain(["", "must", "reached"], musts)]
    for name, why in figures.conditions["absent"].items():
        out.append(f"left out: {name}: {why}")
    for line, bad in figures.faults():
        others = f"others had {line['foreign_cores']} cores" if line.get("noisy") else ""
        at = f"{line['scale']} {line['question']} {line['target']} round {line['round'] + 1}"
        out.append(f"note: {at}: {bad or ''}{others}")
    return "\n".join(out)
