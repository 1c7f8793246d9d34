"""A scale's PostgreSQL: seeded once by the program, then started here, so that every target has the same."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from . import process
from .tools import OUT, Failed, postgres_bin, run, say, until

#: For every target alike. The rest are the settings of the embedded cluster.
SETTINGS = {
    "shared_buffers": "2GB",
    "jit": "off",
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "autovacuum": "off",  # each point that writes is cleaned up by us
    "max_connections": "100",
    "listen_addresses": "",
    "log_min_messages": "fatal",
    "timezone": "UTC",
}

#: For the limit without row-level security. entaku_app's rights, past the walls.
BENCH_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entaku_bench') THEN
        CREATE ROLE entaku_bench LOGIN BYPASSRLS IN ROLE entaku_app;
    END IF;
END $$
"""

#: What runs by the clock runs after the bench: at nation scale the night's tasks are 14,000 and take minutes.
PUT_OFF = """
UPDATE jobs SET run_at = now() + interval '1 day' WHERE state = 'READY' AND run_at < now() + interval '1 hour'
"""


def share_huge_pages(clusters):
    """All of them take huge pages, or none: without them a large database is a quarter slower than a small one."""
    found = re.search(r"^HugePages_Free: +([0-9]+)$", Path("/proc/meminfo").read_text(), re.M)
    free, needed = int(found[1]) if found else 0, sum(cluster.huge_pages_needed() for cluster in clusters)
    if free < needed:
        say(f"without huge pages: {needed} are needed, {free} are free (sysctl vm.nr_hugepages={needed})")
    for cluster in clusters:
        cluster.huge_pages = "on" if free >= needed else "off"


class Cluster:
    """One data directory of `entaku bench seed`, and its server while the bench runs."""

    def __init__(self, scale, directory, binary):
        self.scale, self.directory, self.binary = scale, directory, binary
        self.server = None
        self.huge_pages = "try"

    def seed(self):
        """Fills the directory, unless it was filled before."""
        done = self.directory / "seeded"
        if done.exists():
            return
        say(f"seeding the scale {self.scale} into {self.directory}")
        self.directory.mkdir(parents=True, exist_ok=True)
        env = dict(os.environ, ENTAKU_DATA_DIR=str(self.directory), RUST_LOG="warn")
        subprocess.run([self.binary, "bench", "seed", "--scale", self.scale], env=env, check=True)
        keys = self.directory / "keys.json"
        if not keys.exists():
            subprocess.run([self.binary, "keys", "init"], env={**env, "ENTAKU_KEYS_FILE": str(keys)}, check=True)
        done.touch()

    def start(self):
        """Starts PostgreSQL as the account that owns the data."""
        home = self._home()
        self.socket = home / "run"
        self.socket.mkdir(mode=0o700, exist_ok=True)
        owner = home.stat()
        os.chown(self.socket, owner.st_uid, owner.st_gid)
        places = {"unix_socket_directories": f'"{self.socket}"', "unix_socket_permissions": "0700"}
        log = open(OUT / f"postgres-{self.scale}.log", "ab")
        command, account = self._postgres(SETTINGS | places | {"huge_pages": self.huge_pages})
        self.server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **account)
        until(self._ready, 120, "PostgreSQL", lambda: self.server.poll() is None)
        self._prepare()

    def huge_pages_needed(self):
        """How many huge pages its shared memory would take."""
        command, account = self._postgres(SETTINGS)
        return int(run([*command, "-C", "shared_memory_size_in_huge_pages"], **account))

    def _postgres(self, options):
        """The command that starts it with these settings, and as whom: the account that owns the data."""
        home = self._home()
        owner = home.stat()
        account = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        command = [str(postgres_bin() / "postgres"), "-D", str(home / "data")]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return command, account

    def _home(self):
        pointer = self.directory / "postgres.path"
        home = type(self.directory)(pointer.read_text()) if pointer.exists() else self.directory / "postgres"
        if not (home / "data" / "PG_VERSION").exists():
            raise Failed(f"there is no cluster in {self.directory}")
        return home.resolve()

    def _ready(self):
        try:
            return self.sql("SELECT 1", "postgres") == "1"
        except Failed:
            return False

    def _prepare(self):
        """Once: statistics and visibility of freshly seeded tables, and the role without walls."""
        self.sql(BENCH_ROLE)
        analyzed = self.directory / "analyzed"
        if not analyzed.exists():
            say(f"VACUUM ANALYZE, {self.scale}")
            self.sql("VACUUM (FREEZE, ANALYZE)")
            analyzed.touch()
        self.sql("CHECKPOINT")

    def sql(self, text, database="entaku"):
        """Runs a statement as the superuser; rows as lines, columns parted by |."""
        command = [postgres_bin() / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *self.connect("postgres", database)]
        return run([*command, "-f", "-"], input=text).strip()

    def connect(self, role, database="entaku"):
        """The arguments with which psql and pgbench find it."""
        return ["-h", self.socket, "-U", role, *(["-d", database] if database else [])]

    def url(self, role):
        return f"postgres://{role}@localhost:5432/entaku?host={quote(str(self.socket), safe='')}&sslmode=disable"

    def environment(self, **more):
        """What our program needs to use this server as an installation of its own."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ENTAKU_", "DATABASE_"))}
        return env | {
            "DATABASE_URL": self.url("entaku_app"),
            "ENTAKU_WORKER_DATABASE_URL": self.url("entaku_worker"),
            "ENTAKU_KEYS_FILE": str(self.directory / "keys.json"),
            "ENTAKU_PROFILE": "production",
            "ENTAKU_ISSUER": "https://bench.example.jp",
            "ENTAKU_DATA_DIR": str(self.directory),
            # One account asks for everything here.
            "ENTAKU_RATE_ACCOUNT": "off",
            "ENTAKU_RATE_ADDRESS": "off",
            "RUST_LOG": "warn",
            "RUST_BACKTRACE": "0",
        } | more

    def put_off(self):
        """Puts off what would run by the clock while something is measured."""
        self.sql(PUT_OFF)

    def settle(self):
        """Waits for what was under way when a load generator hung up: a server may still answer it."""
        busy = "SELECT count(*) FROM pg_stat_activity WHERE usename <> 'postgres' AND xact_start IS NOT NULL"
        calm = 0
        while calm < 2:
            time.sleep(0.1)
            calm = calm + 1 if self.sql(busy) == "0" else 0

    def cpu_seconds(self):
        return process.cpu_seconds(self.server.pid)

    def facts(self):
        """The settings as PostgreSQL has them, its version and the number of rows of the large tables."""
        names = ",".join(f"'{name}'" for name in SETTINGS)
        settings = self.sql(
            f"SELECT json_object_agg(name, current_setting(name)) FROM pg_settings WHERE name IN ({names})"
        )
        counts = self.sql(
            "SELECT json_object_agg(relname, reltuples::bigint) FROM pg_class WHERE relkind = 'r' AND relname IN"
            " ('municipalities','organizations','roundtables','roundtable_passages','challenge_proposals',"
            "'grant_allocations','liaison_assignments','audit_entries','events')"
        )
        return {
            "version": self.sql("SHOW server_version"),
            "settings": json.loads(settings) | {"huge_pages": "in use" if self._huge_pages() else "none"},
            "rows": json.loads(counts),
            "size": self.sql("SELECT pg_size_pretty(pg_database_size('entaku'))"),
        }

    def _huge_pages(self):
        """Has the machine given any (vm.nr_hugepages)? PostgreSQL takes them where they suffice."""
        status = Path(f"/proc/{self.server.pid}/smaps").read_text()
        return any(int(size) for size in re.findall(r"^(?:Shared|Private)_Hugetlb: +([0-9]+) kB", status, re.M))

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            self.server.wait()
