"""The report's picture: a simple bar chart, written by hand as SVG."""

from html import escape

from .figures import MUST, SHARE

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 860, 64, 96, 16, 4, 92
COLOURS = {"entaku": "#1f6f5c", "postgraphile": "#b5651d", "yoga": "#8a8f98", "limit": "#c9ccd1"}
WORDS = {"entaku": "Entaku", "postgraphile": "PostGraphile 5", "yoga": "graphql-yoga", "limit": "pgbench (limit)"}


def text(x, y, words, size=12, colour="#222", anchor="start", weight="normal"):
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
        f' font-weight="{weight}">{escape(words)}</text>'
    )


def bar(x, y, width, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{BAR}" rx="2" fill="{colour}"/>'


def chart(figures, scale):
    """A group of bars per question: requests per second, as multiples of PostGraphile's."""
    questions = [q for q in figures.questions if figures.ratio(scale, q, "entaku", "postgraphile")]
    targets = [t for t in COLOURS if t in figures.targets]
    most = max([figures.ratio(scale, q, t, "postgraphile") or 0 for q in questions for t in targets], default=1)
    unit = (WIDTH - LEFT - RIGHT) / most
    height = TOP + len(questions) * (len(targets) * (BAR + GAP) + 26) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' font-family="system-ui, sans-serif" role="img">',
        f"<title>Requests per second as multiples of PostGraphile 5, scale {scale}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        text(16, 28, f"Requests per second, PostGraphile 5 = 1 (scale: {scale}, RLS on for all)", 16, weight="bold"),
        text(16, 48, "The line: the figure Entaku must reach. In brackets: its share of the limit.", 12, "#555"),
        *_legend(targets),
    ]
    y = TOP
    for question in questions:
        parts += _group(figures, scale, question, targets, y, unit)
        y += len(targets) * (BAR + GAP) + 26
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(targets):
    x = 16
    for target in targets:
        yield f'<rect x="{x}" y="60" width="12" height="12" rx="2" fill="{COLOURS[target]}"/>'
        yield text(x + 18, 70, WORDS[target])
        x += 34 + 8 * len(WORDS[target])


def _group(figures, scale, question, targets, top, unit):
    bottom = top + len(targets) * (BAR + GAP)
    yield text(16, (top + bottom) / 2 + 4, question, 15, weight="bold")
    for at, target in enumerate(targets):
        reached = figures.ratio(scale, question, target, "postgraphile")
        if reached is None:
            continue
        y = top + at * (BAR + GAP)
        yield bar(LEFT, y, reached * unit, COLOURS[target])
        share = figures.ratio(scale, question, "entaku", "limit") if target == "entaku" and question in SHARE else None
        told = f"{reached:.1f} ×" + (f"  ({share:.0%})" if share else "")
        yield text(LEFT + reached * unit + 6, y + 12, told, 12, weight="bold" if target == "entaku" else "normal")
    x = LEFT + MUST[question] * unit
    if x < WIDTH - 8:
        place = f'x1="{x:.1f}" y1="{top - 3}" x2="{x:.1f}" y2="{bottom}"'
        yield f'<line {place} stroke="#c0392b" stroke-width="1.5" stroke-dasharray="4 3"/>'
