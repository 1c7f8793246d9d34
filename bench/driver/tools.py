"""Programs, places and plain helpers."""

import glob
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "bench"
OUT = ROOT / "target" / "bench"


class Failed(Exception):
    """What stops the bench, in words for whoever runs it."""


class Unavailable(Exception):
    """Why a target cannot be measured here; the others still are."""


def say(*words):
    print("bench:", *words, file=sys.stderr, flush=True)


def run(command, **more):
    """Runs to the end and returns what it printed; fails with what it complained of."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))[:200]}: {done.stderr.strip()[-2000:] or done.stdout[-500:]}")
    return done.stdout


def until(ready, seconds, what, alive=lambda: True):
    """Waits until `ready()`; fails when it takes too long or `alive()` no longer holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return
        if not alive():
            raise Failed(f"{what} has ended")
        time.sleep(0.05)
    raise Failed(f"{what} was not ready after {seconds} s")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def postgres_bin():
    """The newest PostgreSQL's programs, where the program itself looks for them."""
    places = [os.environ.get("ENTAKU_PG_BIN")] + sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    places += sorted(glob.glob("/usr/pgsql-*/bin"), reverse=True)
    places += [os.path.dirname(found)] if (found := shutil.which("postgres")) else []
    for place in filter(None, places):
        if all(os.access(os.path.join(place, name), os.X_OK) for name in ("postgres", "psql", "pgbench")):
            return Path(place)
    raise Failed("PostgreSQL with psql and pgbench is needed: bin/install-postgres")


def need_wrk():
    """wrk makes the load. Where it is missing and we may, the system's package manager brings it."""
    if shutil.which("wrk"):
        return
    for manager in (["apt-get", "install", "-y"], ["dnf", "install", "-y"], ["apk", "add"], ["brew", "install"]):
        if shutil.which(manager[0]):
            say("installing wrk")
            subprocess.run([*manager, "wrk"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            break
    if not shutil.which("wrk"):
        raise Failed("wrk is needed: apt-get install wrk, brew install wrk")


def build():
    """Our own program in its release profile."""
    say("building the release profile")
    subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / "entaku"
