"""What PostgreSQL itself could do: pgbench with hand-written statements, no HTTP, no GraphQL."""

import csv
import io
import json
import os
import re
import subprocess

from . import questions
from .load import Meter, forget_passages
from .normal import difference, leaves, normal
from .tools import BENCH, OUT, Failed, postgres_bin, run

CLIENTS = 8
#: Values of a script and scripts. Longer arrays of constants cost as much as the statements.
MOST, SCRIPTS = 125, 8
_TENANT = "SELECT set_config('entaku.municipality', {municipality}::text, true);"


def shapes(question):
    """The names of the ways in which a question is put to PostgreSQL."""
    return sorted(path.name.split(".")[1] for path in (BENCH / "limit").glob(f"{question}.*.sql"))


class Limit:
    """pgbench over one cluster; with the walls as entaku_app, or past them."""

    def __init__(self, cluster, workload, stamp, server, walls=True):
        self.cluster, self.workload, self.stamp, self.walls = cluster, workload, stamp, walls
        self.name = "limit" if walls else "limit-no-rls"
        self.role = "entaku_app" if walls else "entaku_bench"
        self.server = server  # ours: its answers are compared with, its cursors tell the positions
        self.chosen = {}

    def values(self, question, items=None):
        """What each transaction may be asked with, each once, as rows of named values."""
        rows = {}
        for place, item in items or self.server.items(question):
            town = self.workload.towns[place]
            row = {"municipality": town["municipality"], "account": town["account"]}
            if question == "Q1":
                row["organization"] = item["uuid"]
            if question == "M1":
                row |= {"roundtable": item["uuid"], "organization": item["organization"], "district": item["district"]}
            if question == "Q3":
                row["cursor_at"], row["cursor_id"] = self.server.positions[item]
            rows[tuple(row.values())] = row
        return list(rows.values())[: MOST * SCRIPTS]

    def script(self, question, shape, rows):
        """A shape's file with these values in it."""
        text = (BENCH / "limit" / f"{question}.{shape}.sql").read_text()
        text = text.replace("{tenant}", _TENANT if self.walls else "").replace("{count}", str(len(rows)))
        wall = "" if self.walls else r"AND \1.municipality_id = {municipality}"
        text = re.sub(r"\{wall:(\w)\}", wall, text).replace("{stamp}", self.stamp())
        for name in rows[0]:
            kind = "timestamptz" if name == "cursor_at" else "uuid"
            constants = ",".join(row[name] or "NULL" for row in rows)
            text = text.replace(f"{{{name}}}", f"('{{{constants}}}'::{kind}[])[:k::int]")
        return text

    def pgbench(self, question, shape, seconds):
        """Runs it; transactions per second and how many there were."""
        for old in [*OUT.glob("pgbench_log.*"), *OUT.glob("limit-*.sql")]:
            old.unlink()
        command = [postgres_bin() / "pgbench", "-n", "-M", "prepared", "-c", CLIENTS, "-j", 1, "-T", seconds]
        command += ["-l", "--sampling-rate=0.2", "-D", "n=0", "-D", f"minutes={questions.MINUTES}"]
        rows = self.values(question)
        for first in range(0, len(rows), MOST):
            path = OUT / f"limit-{first:04}.sql"
            path.write_text(self.script(question, shape, rows[first : first + MOST]))
            command += ["-f", path]
        env = dict(os.environ, PGOPTIONS="-c plan_cache_mode=force_generic_plan")
        done = subprocess.run(
            [str(c) for c in [*command, *self.cluster.connect(self.role, None), "entaku"]],
            cwd=OUT, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        tps = re.search(r"tps = ([\d.]+) \(without", done.stdout)
        if done.returncode or not tps:
            raise Failed(f"pgbench {question}.{shape}: {done.stderr[-500:]}{done.stdout[-500:]}")
        return float(tps[1]), int(re.search(r"actually processed: (\d+)", done.stdout)[1])

    def choose(self, question, seconds):
        """Tries every shape and keeps the fastest; what each reached."""
        reached = {shape: 0.0 for shape in shapes(question)}
        for shape in [*reached, *reached]:
            reached[shape] = max(reached[shape], round(self.pgbench(question, shape, seconds)[0], 1))
            self.clean(question)
        self.chosen[question] = max(reached, key=reached.get)
        return reached

    def point(self, question, seconds):
        meter = Meter(self.cluster)
        tps, count = self.pgbench(question, self.chosen[question], seconds)
        spent = meter.read(count)
        p50, p99 = percentiles()
        self.clean(question)
        return {**spent, "rps": round(tps, 1), "requests": count, "p50": p50, "p99": p99, "server_us": 0.0,
                "shape": self.chosen[question], "errors": 0, "not2xx": 0, "broken": 0, "late": 0}  # fmt: skip

    def clean(self, question):
        if question == "M1":
            forget_passages(self.cluster, self.workload)

    def answer(self, question, shape, row):
        """What the statements answer for one row of values, as rows of texts."""
        lines = [line for line in self.script(question, shape, [row]).splitlines() if not line.startswith("\\")]
        text = "BEGIN;" + re.sub(r":k\b", "1", "\n".join(lines)) + "ROLLBACK;"
        command = [postgres_bin() / "psql", "-Xqt", "--csv", "-v", "ON_ERROR_STOP=1", *self.cluster.connect(self.role)]
        return [row for row in csv.reader(io.StringIO(run([*command, "-f", "-"], input=text))) if row]

    def differs(self, question, row, expected):
        """Where a shape's answer is not ours, or None. Flat rows must hold every value of our answer."""
        for shape in shapes(question):
            rows = self.answer(question, shape, row)
            if shape == "json":
                found = normal(json.loads(rows[-1][0]))
                wanted = expected if question == "Q1" else {"nodes": expected["nodes"]}
                found = found if question == "Q1" else {"nodes": found["nodes"]}
                if told := difference(wanted, found):
                    return f"{shape} {told}"
            else:
                values = {str(normal(value)) for row in rows for value in row}
                missing = leaves({k: v for k, v in expected.items() if k != "pageInfo"}) - values
                if missing:
                    return f"{shape} lacks {sorted(missing)[:5]}"
        return None


def percentiles():
    """From pgbench's sampled log, in milliseconds."""
    times = sorted(int(line.split()[2]) for log in OUT.glob("pgbench_log.*") for line in log.read_text().splitlines())
    if not times:
        return None, None
    return times[len(times) // 2] / 1000, times[min(len(times) - 1, int(len(times) * 0.99))] / 1000
