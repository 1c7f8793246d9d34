"""The results: JSON lines, the conditions first."""

import json
import os
import platform
import time
from datetime import datetime, timezone

from . import process
from .tools import BENCH, OUT, ROOT, run


class Results:
    """One file of a run; every line says what it is."""

    def __init__(self):
        OUT.mkdir(parents=True, exist_ok=True)
        self.path = OUT / f"results-{time.strftime('%Y%m%d-%H%M%S')}.jsonl"
        self.lines = []
        self.file = open(self.path, "w")

    def write(self, kind, **facts):
        line = {"kind": kind, **facts}
        self.lines.append(line)
        self.file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.file.flush()


def read(path=None):
    """The lines of a run; of the latest where none is named."""
    path = path or max(OUT.glob("results-*.jsonl"), default=None)
    return [json.loads(line) for line in open(path)] if path else []


def conditions(stages, options):
    """Everything that somebody must know who compares."""
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine(),
        "kernel": platform.release().split("-")[0],
        "versions": versions(),
        "revision": run(["git", "-C", ROOT, "rev-parse", "--short=12", "HEAD"]).strip(),
        "clusters": {stage.scale: stage.cluster.facts() for stage in stages},
        "towns": {stage.scale: len(stage.workload.towns) for stage in stages},
        "absent": {name: why for stage in stages for name, why in stage.absent.items()},
        "options": {key: str(value) if key in ("binary", "data") else value for key, value in vars(options).items()},
        "load": process.load_average(),
    }


def machine():
    return f"{process.model()}, {os.cpu_count()} cores, {_memory_gb()} GB"


def versions():
    """The peers' packages, as they are pinned."""
    package = json.loads((BENCH / "peers" / "package.json").read_text())
    return {**package["dependencies"], "python": platform.python_version()}


def _memory_gb():
    for line in open("/proc/meminfo"):
        if line.startswith("MemTotal"):
            return round(int(line.split()[1]) / 1024 / 1024)
    return 0
