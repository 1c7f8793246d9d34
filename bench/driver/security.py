"""bench/run --security: what signing in gives away by its time, and what it takes from others.

Unknown addresses and wrong passwords are tried in turn, in an order of chance, 300 of each: their medians lie within 5 %
and the Kolmogorov-Smirnov test finds no difference (p > 0.01). Then 200 people sign in at once while others ask: what
those wait, at the 95th percentile, is less than doubled."""

import json
import math
import os
import random
import signal
import statistics
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

from .results import machine
from .section import write
from .table import SIGN, markdown
from .tools import OUT, ROOT, Failed, answers, free_port, say, until

TRIES, CROWD, READERS = 300, 200, 4
#: After ten failures in a row an account has to wait: it signs in before that.
IN_A_ROW = 8
PASSWORD = "entaku-demo-2026"
SIGN_IN = "mutation($e: String!, $p: String!) { sessionSignIn(email: $e, password: $p) { accessTokenExpiresAt } }"
QUESTION = json.dumps({"query": "{ organizations(first: 20) { nodes { name district { name } } } }"}).encode()


class Demo:
    """Our server with the demo, without limits of addresses; a data directory of its own."""

    def __init__(self, binary):
        self.port = free_port()
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ENTAKU_", "DATABASE_"))}
        env |= {
            "ENTAKU_LISTEN": f"127.0.0.1:{self.port}",
            "ENTAKU_DATA_DIR": str(OUT / "security"),
            "ENTAKU_RATE_ACCOUNT": "off",
            "ENTAKU_RATE_ADDRESS": "off",
            "ENTAKU_RATE_SIGN_IN": "off",
            "RUST_LOG": "warn",
        }
        log = open(OUT / "security.log", "wb")
        self.process = subprocess.Popen([binary, "serve"], env=env, stdout=log, stderr=log, start_new_session=True)

    def open(self):
        alive = lambda: self.process.poll() is None
        until(lambda: answers(self.port) and Asker(self.port).get("/readyz") == 200, 300, "the demo", alive)

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(60)


class Asker:
    """One kept connection."""

    def __init__(self, port):
        self.connection = HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, path):
        self.connection.request("GET", path)
        response = self.connection.getresponse()
        response.read()
        return response.status

    def post(self, body, town):
        """The answer, and how many milliseconds it took."""
        headers = {"Content-Type": "application/json", "Entaku-Municipality": town}
        begun = time.perf_counter()
        self.connection.request("POST", "/graphql", body, headers)
        answer = self.connection.getresponse().read()
        return json.loads(answer), (time.perf_counter() - begun) * 1000

    def sign_in(self, person, password):
        town, email = person
        body = json.dumps({"query": SIGN_IN, "variables": {"e": email, "p": password}}).encode()
        answer, took = self.post(body, town)
        errors = answer.get("errors")
        return (errors[0]["extensions"]["code"] if errors else "OK"), took


def people():
    """Everybody of the demo: their town and their address."""
    towns = json.loads((ROOT / "demo" / "people.json").read_text())
    return [(town, account["email"]) for town, of in towns.items() for account in of["accounts"]]


def tries(asker, known):
    """The times of unknown addresses and of wrong passwords, tried in an order of chance."""
    plan = ["unknown", "wrong"] * TRIES
    random.shuffle(plan)
    times, failed = {"unknown": [], "wrong": []}, 0
    for number, kind in enumerate(plan):
        if kind == "wrong":
            person = known[failed // IN_A_ROW % len(known)]
            failed += 1
        else:
            person = random.choice(known)[0], f"nobody{number}-{random.randrange(10**9)}@unnan.example.jp"
        code, took = asker.sign_in(person, f"wrong password {number}")
        if code != "UNAUTHENTICATED":
            raise Failed(f"{kind}: {code}")
        times[kind].append(took)
        if kind == "wrong" and failed % IN_A_ROW == 0 and asker.sign_in(person, PASSWORD)[0] != "OK":
            raise Failed(f"{person} could not sign in")
    return times


def kolmogorov_smirnov(one, other):
    """The two-sample statistic and its p by the limiting distribution (Smirnov 1948; Stephens' correction)."""
    points = sorted([(x, 1 / len(one), 0) for x in one] + [(x, 0, 1 / len(other)) for x in other])
    a = b = most = 0.0
    for place, (x, up, down) in enumerate(points):
        a, b = a + up, b + down
        if place + 1 == len(points) or points[place + 1][0] != x:
            most = max(most, abs(a - b))
    n = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    z = (n + 0.12 + 0.11 / n) * most
    p = 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * z) ** 2) for k in range(1, 101))
    return most, min(1.0, max(0.0, p if z > 0.2 else 1.0))


def p95(times):
    return statistics.quantiles(times, n=20)[-1]


class Readers:
    """Others, who ask one thing after another until they are told to stop."""

    def __init__(self, port):
        self.port, self.stopped, self.times = port, threading.Event(), []

    def read(self):
        asker, times = Asker(self.port), []
        while not self.stopped.is_set():
            answer, took = asker.post(QUESTION, "322091")
            if "errors" in answer:
                raise Failed(f"a reader: {answer['errors'][0]}")
            times.append(took)
            time.sleep(0.01)
        return times

    def during(self, act):
        """What they wait while something is done."""
        self.stopped.clear()
        with ThreadPoolExecutor(READERS) as pool:
            readers = [pool.submit(self.read) for _ in range(READERS)]
            done = act()
            self.stopped.set()
            return done, [took for reader in readers for took in reader.result()]


def crowd(port, known):
    """Many sign in at once; how they were answered."""
    with ThreadPoolExecutor(CROWD) as pool:
        asked = [pool.submit(Asker(port).sign_in, known[n % len(known)], PASSWORD) for n in range(CROWD)]
        codes = [one.result()[0] for one in asked]
    return {code: codes.count(code) for code in sorted(set(codes))}


def run(binary):
    """Prints a row for each figure; True where all is as it must be."""
    OUT.mkdir(parents=True, exist_ok=True)
    demo = Demo(binary)
    try:
        demo.open()
        known, asker = people(), Asker(demo.port)
        for person in known:
            asker.sign_in(person, PASSWORD)
        times = tries(asker, known)
        readers = Readers(demo.port)
        _, calm = readers.during(lambda: time.sleep(5))
        codes, pressed = readers.during(lambda: crowd(demo.port, known))
    finally:
        demo.stop()
    unknown, wrong = (statistics.median(times[kind]) for kind in ("unknown", "wrong"))
    apart = abs(unknown - wrong) / min(unknown, wrong)
    distance, p = kolmogorov_smirnov(times["unknown"], times["wrong"])
    ratio = p95(pressed) / p95(calm)
    rows = [
        (apart < 0.05, "medians of unknown address and wrong password", "within 5 %",
         f"{unknown:.2f} ms, {wrong:.2f} ms: {apart:.1%}"),
        (p > 0.01, f"Kolmogorov-Smirnov over {TRIES} of each", "p > 0.01", f"D = {distance:.3f}, p = {p:.3f}"),
        (ratio < 2, f"p95 of others while {CROWD} sign in", "less than doubled",
         f"{p95(calm):.2f} ms, {p95(pressed):.2f} ms: x {ratio:.2f} (sign-ins: {codes})"),
    ]  # fmt: skip
    table = markdown(["", "what", "must", "reached"], ([SIGN[met], *row] for met, *row in rows))
    print(table)
    write("Signing in", "bench/run --security", [table, "", f"{machine()}; whoever asks is on the same cores."])
    return all(met for met, *_ in rows)
