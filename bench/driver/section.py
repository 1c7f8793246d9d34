"""Sections of docs/performance.md that are measured on their own: each run writes its own and leaves the others."""

import re
from datetime import datetime, timezone

from .tools import ROOT, run, say

PAGE = ROOT / "docs" / "performance.md"
#: Their titles, in the order in which they stand at the end of the page.
TITLES = ["The ledger", "Signing in"]


def kept():
    """What stands in the page, by title."""
    text = PAGE.read_text() if PAGE.exists() else ""
    found = (re.search(rf"^## {title}\n.*?(?=^## |\Z)", text, re.M | re.S) for title in TITLES)
    return {title: one[0].rstrip() + "\n" for title, one in zip(TITLES, found) if one}


def write(title, command, lines):
    """Puts a section into the page."""
    revision = run(["git", "-C", ROOT, "rev-parse", "--short=12", "HEAD"]).strip()
    date = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    head = f"## {title}\n\nMeasured on {date} with `{command}`, revision {revision}.\n"
    sections = kept() | {title: "\n".join([head, *lines]).rstrip() + "\n"}
    body = PAGE.read_text()
    for old in kept().values():
        body = body.replace(old, "")
    parts = [body.rstrip() + "\n", *(sections[one] for one in TITLES if one in sections)]
    PAGE.write_text("\n".join(parts))
    say(f"docs/performance.md, {title}")
