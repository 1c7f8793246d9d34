"""The command line of bench/run."""

import argparse
import types
from pathlib import Path

from . import tools
from .questions import QUESTIONS
from .stage import TARGETS


def read(arguments=None):
    parser = argparse.ArgumentParser(prog="bench/run", description="Entaku beside its peers and PostgreSQL's limit.")
    words = lambda text: [word for word in text.split(",") if word]
    parser.add_argument("--quick", action="store_true", help="town, 3 short rounds, under ten minutes")
    parser.add_argument("--security", action="store_true", help="what signing in tells and takes; nothing else is run")
    parser.add_argument("--ledger", action="store_true", help="postings and their verification; nothing else is run")
    parser.add_argument("--scales", type=words, help="town,prefecture,nation (default town,nation; --quick: town)")
    parser.add_argument("--questions", type=words, default=list(QUESTIONS), help=",".join(QUESTIONS))
    parser.add_argument("--targets", type=words, default=list(TARGETS), help=",".join(TARGETS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, help="of a point (default 10; --quick: 3)")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--foreign", type=float, default=0.2, help="cores that others may use during a point")
    parser.add_argument("--repeats", type=int, default=4, help="of a point while others use more than that")
    parser.add_argument("--patience", type=int, help="seconds for all repeats (default 1200; --quick: 90)")
    parser.add_argument("--binary", type=Path, help="our program (default: built here, release profile)")
    parser.add_argument("--data", type=Path, default=tools.OUT, help="where each scale's database is kept")
    found = parser.parse_args(arguments)
    found.scales = found.scales or (["town"] if found.quick else ["town", "nation"])
    found.seconds = found.seconds or (3 if found.quick else 10)
    found.patience = (90 if found.quick else 1200) if found.patience is None else found.patience
    found.warm = 1 if found.quick else 3
    found.questions = [q for q in QUESTIONS if q in found.questions]
    found.targets = [t for t in TARGETS if t in found.targets or t == "entaku"]
    found.data = found.data.resolve()
    found.binary = found.binary.resolve() if found.binary else None
    return types.SimpleNamespace(**vars(found))
