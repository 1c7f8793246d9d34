"""bench/run --ledger: how many postings a second PostgreSQL takes with every invariant on, and how long it takes to go
over a ledger of a million entries.

Postings are transactions of their own, as the program makes them: behind the wall, by `ledger_post`, with locks, floors,
zero sums, audit and events. They are made over a ledger that has a million entries already, by eight clients of pgbench:
spread over a hundred budgets, and all of them from one budget, where each waits for the one before it; and over a hundred
budgets without the record and the events, which is what other ledgers' figures are of. Then `ledger_faults()` goes over
all of it, as the application's role; it must find nothing."""

import os
import re
import shutil
import statistics
import subprocess
import time
from contextlib import contextmanager

from . import process
from .cluster import Cluster
from .limit import percentiles
from .results import machine
from .section import write
from .table import SIGN, markdown
from .tools import BENCH, OUT, Failed, postgres_bin, say

ENTRIES, CLIENTS, ROUNDS = 1_000_000, 8, 3
MUST_POST, MUST_VERIFY = 2_000, 60.0


class Ledger(Cluster):
    """A database with one municipality and a full ledger, made anew."""

    def __init__(self, directory, binary):
        super().__init__("ledger", directory, binary)

    def seed(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        env = dict(os.environ, ENTAKU_DATA_DIR=str(self.directory), RUST_LOG="warn")
        create = ["municipality", "create", "--code", "011002", "--name", "測定市", "--admin-email", "a@example.jp"]
        subprocess.run([self.binary, *create], env=env, check=True, stdout=subprocess.DEVNULL)

    def fill(self):
        say(f"a ledger of {ENTRIES:,} entries")
        text = (BENCH / "ledger" / "fill.sql").read_text().replace(":entries", str(ENTRIES))
        self.sql(text)
        self.town = self.sql("SELECT id FROM municipalities")

    def postings(self, budgets, seconds):
        """Postings per second, and how long one took: the median and the 99th percentile, in milliseconds."""
        for old in OUT.glob("pgbench_log.*"):
            old.unlink()
        command = [postgres_bin() / "pgbench", "-n", "-M", "prepared", "-c", CLIENTS, "-j", 1, "-T", seconds, "-l"]
        command += ["-D", f"town={self.town}", "-D", f"budgets={budgets}", "-f", BENCH / "ledger" / "post.sql"]
        command += [*self.connect("entaku_app", None), "entaku"]
        done = subprocess.run([str(c) for c in command], cwd=OUT, capture_output=True, text=True, check=False)
        tps = re.search(r"tps = ([\d.]+) \(without", done.stdout)
        if done.returncode or not tps:
            raise Failed(f"pgbench: {done.stderr[-500:]}{done.stdout[-500:]}")
        return float(tps[1]), *percentiles()

    @contextmanager
    def without(self, trigger):
        """The ledger without a trigger of its tables."""
        of = f"FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relname LIKE 'ledger_%' AND tgname = '{trigger}'"
        tables = self.sql(f"SELECT c.relname {of}").splitlines()
        turn = lambda how: self.sql("".join(f"ALTER TABLE {table} {how} TRIGGER {trigger};" for table in tables))
        turn("DISABLE")
        yield
        turn("ENABLE")

    def cost(self, times=500):
        """Microseconds of PostgreSQL's CPU for a posting, one after another in one session."""
        text = (BENCH / "ledger" / "loop.sql").read_text().replace("{town}", self.town)
        text, spent = text.replace("{times}", str(times)), []
        for _ in range(ROUNDS):
            before = self.cpu_seconds()
            self.sql(text)
            spent.append(1e6 * (self.cpu_seconds() - before) / times)
        return min(spent)

    def round(self, seconds):
        """Postings over a hundred budgets, from one, and over a hundred without the record."""
        recorded = self.postings(100, seconds), self.postings(1, seconds)
        with self.without("changed"):
            return *recorded, self.postings(100, seconds)

    def verified(self):
        """How many seconds going over all of it took; fails where something is found."""
        begun = time.perf_counter()
        inside = f"SET ROLE entaku_app; SET entaku.municipality = '{self.town}'; SET statement_timeout = '10min';"
        found = self.sql(f"{inside} SELECT count(*) FROM ledger_faults()")
        if found != "0":
            raise Failed(f"the verification found {found} faults")
        return time.perf_counter() - begun


def run(binary, seconds):
    """Prints the figures and puts them into docs/performance.md; True where all is as it must be."""
    OUT.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(OUT / "ledger", binary)
    ledger.seed()
    try:
        ledger.start()
        ledger.fill()
        load = process.load_average()
        ledger.postings(100, 2)
        rounds = [ledger.round(seconds) for _ in range(ROUNDS)]
        whole = ledger.cost()
        with ledger.without("changed"):
            bare_cost = ledger.cost()
        taken = statistics.median(ledger.verified() for _ in range(ROUNDS))
        entries = int(ledger.sql("SELECT count(*) FROM ledger_entries"))
        facts = ledger.facts()
    finally:
        ledger.stop()
    median = lambda kind, figure: statistics.median(one[kind][figure] for one in rounds)
    spread, single, bare = ([median(kind, figure) for figure in range(3)] for kind in range(3))
    per_million = taken / entries * 1_000_000
    told = lambda figures: f"{figures[0]:,.0f} (p50 {figures[1]:.1f} ms, p99 {figures[2]:.1f} ms)"
    rows = [
        (spread[0] >= MUST_POST, f"postings per second over 100 budgets, {CLIENTS} clients", f"≥ {MUST_POST:,}",
         told(spread)),
        (bare[0] >= MUST_POST, "the same without the record and the events", f"≥ {MUST_POST:,}", told(bare)),
        (None, f"postings per second from one budget, {CLIENTS} clients", "–", told(single)),
        (per_million <= MUST_VERIFY, "verification of 10⁶ entries", f"≤ {MUST_VERIFY:.0f} s",
         f"{per_million:.1f} s ({entries:,} entries in {taken:.1f} s, 0 faults)"),
    ]  # fmt: skip
    cost = (
        f"A posting takes {whole:,.0f} µs of PostgreSQL's CPU: {whole - bare_cost:,.0f} of them the record and the events of its"
        " journal, two entries and two accounts."
    )
    table = markdown(["", "what", "must", "reached"], ([SIGN[met], *row] for met, *row in rows))
    told_settings = ("fsync", "synchronous_commit", "shared_buffers", "huge_pages")
    settings = ", ".join(f"{name} {facts['settings'][name]}" for name in told_settings)
    conditions = (
        f"{machine()}. PostgreSQL {facts['version']}, {settings}; pgbench on the same cores, medians of {ROUNDS} rounds of"
        f" {seconds} s; load average {load:.1f} before."
    )
    print(table, cost, sep="\n\n")
    write("The ledger", "bench/run --ledger", [table, "", cost, "", conditions])
    return all(met is not False for met, *_ in rows)
