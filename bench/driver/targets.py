"""The servers: ours and its peers. Each knows how it is started, who it takes the caller for and how it is asked."""

import json
import os
import signal
import subprocess

from . import questions
from .http import Client, bytes_of
from .normal import position
from .tools import BENCH, OUT, Failed, Unavailable, answers, free_port, until

#: Where the load generator writes a number and an id that nobody has yet (bench/load.lua).
NUMBER_MARK, ID_MARK = b"\x01", b"\x02"
#: At least so many places in the lists, five in each town.
CURSORS = 40
_NUMBER, _ID = 987, "f00000000002"


class Server:
    """A GraphQL server over one cluster."""

    name = ""
    documents = {}

    def __init__(self, cluster, workload, stamp):
        self.cluster, self.workload, self.stamp = cluster, workload, stamp
        self.port = free_port()
        self.process = None
        self.cursors = {}
        self.positions = {}

    def start(self):
        log = open(OUT / f"{self.name}-{self.cluster.scale}.log", "wb")
        command, env = self.command()
        self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
        gone = lambda: self.process.poll() is not None
        until(lambda: answers(self.port) or gone(), 300, self.name)
        if gone():
            words = open(log.name).read().strip()[-500:]
            raise Unavailable(words or f"{self.name} ended with {self.process.returncode}")
        self.client = Client(self.port)
        until(self._serves, 60, self.name, lambda: not gone())

    def _serves(self):
        try:
            return bool(self.ask("Q4", 0))
        except (OSError, Failed):
            self.client = Client(self.port)
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def headers(self, town):
        return {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Entaku-Bench-Municipality": town["municipality"],
            "Entaku-Bench-Account": town["account"],
        }

    def variables(self, question, town, item):
        """What the document is asked with."""
        if question == "Q3":
            return {"after": item}
        return {"Q1": self.by_id, "M1": self.passage}.get(question, self.nothing)(town, item)

    def nothing(self, _town, _item):
        return {}

    def body(self, question, place, item=None):
        variables = self.variables(question, self.workload.towns[place], item)
        return json.dumps({"query": self.documents[question], "variables": variables}, ensure_ascii=False).encode()

    def ask(self, question, place, item=None):
        """Asks once; the data of the answer."""
        return self.client.ask(self.headers(self.workload.towns[place]), self.body(question, place, item))

    def request(self, question, place, item=None):
        """What goes over the wire, with the marks in it."""
        headers = self.headers(self.workload.towns[place])
        whole = bytes_of(self.port, headers, self.body(question, place, item))
        whole = whole.replace(b'"number": %d' % _NUMBER, b'"number": ' + NUMBER_MARK)
        return whole.replace(_ID.encode(), ID_MARK)

    def walk(self):
        """Reads the meetings of every town page by page, for cursors that are this server's own."""
        for place in range(len(self.workload.towns)):
            found, after = [], None
            pages = max(5, CURSORS // len(self.workload.towns))
            while len(found) < pages:
                page = self.ask("Q3", place, after)["roundtables"]
                if not page["pageInfo"]["hasNextPage"]:
                    break
                after = page["pageInfo"]["endCursor"]
                self.positions[after] = position(page["nodes"][-1])
                found.append(after)
            self.cursors[place] = found

    def items(self, question):
        """Everything the question is asked for: the town's place and what else the variables name."""
        if question == "Q1":
            return self.workload.samples()
        if question == "M1":
            return [(place, {**draft, "number": _NUMBER}) for place, draft in self.workload.drafts()]
        if question == "Q3":
            pairs = [(place, cursor) for place, found in self.cursors.items() for cursor in found]
            stride = 7919  # a prime: neighbours in the list are far apart in the data
            return [pairs[i * stride % len(pairs)] for i in range(max(2000, len(pairs)))]
        return [(place, None) for place, _ in self.workload.samples()]


class Entaku(Server):
    """Ours, with everything on: guard, session check, visibility, audit."""

    name = "entaku"
    documents = questions.OURS

    def command(self):
        env = self.cluster.environment(ENTAKU_LISTEN=f"127.0.0.1:{self.port}")
        return [str(self.cluster.binary), "serve"], env

    def headers(self, town):
        return {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Authorization": f"Bearer {town['token']}",
        }

    def by_id(self, _town, item):
        return {"id": item["id"]}

    def passage(self, _town, draft):
        text = {"session": questions.SESSION, "text": questions.MINUTES}
        return {"input": {"roundtableId": draft["id"], "number": draft["number"], **text}}


class Peer(Server):
    """A node server of bench/peers. The tables are asked for with bare UUIDs."""

    def command(self):
        env = dict(os.environ, BENCH_DATABASE_URL=self.cluster.url("entaku_app"), BENCH_PORT=str(self.port))
        return [str(BENCH / "peers" / "start"), self.name], env

    def by_id(self, _town, item):
        return {"id": item["uuid"]}

    def columns(self, draft):
        """Whose meeting it is stands in every row of the record."""
        return {
            "roundtableId": draft["uuid"],
            "organizationId": draft["organization"],
            "districtId": draft["district"],
            "number": draft["number"],
            "session": questions.SESSION,
            "text": questions.MINUTES,
        }


class Yoga(Peer):
    """graphql-yoga, node-postgres, dataloader."""

    name = "yoga"
    documents = questions.YOGA

    def passage(self, _town, draft):
        return {"input": self.columns(draft)}


class PostGraphile(Peer):
    """PostGraphile 5 with its Amber preset."""

    name = "postgraphile"
    documents = questions.POSTGRAPHILE

    def by_id(self, town, item):
        return {"town": town["municipality"], "id": item["uuid"]}

    def nothing(self, town, _item):
        return {"town": town["municipality"], "id": town["account"]}

    def passage(self, town, draft):
        # Version 7 as ours are, in the order of time; the load generator fills in the end.
        return {
            "passage": {"municipalityId": town["municipality"], "rowId": f"{self.stamp()}-{_ID}", **self.columns(draft)}
        }


SERVERS = {server.name: server for server in (Entaku, PostGraphile, Yoga)}
