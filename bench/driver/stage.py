"""A scale with everything that is measured on it."""

import random
import time

from .cluster import Cluster
from .limit import Limit
from .load import Load
from .targets import SERVERS
from .tools import Unavailable, say
from .verify import verify
from .workload import Workload

TARGETS = ("entaku", "postgraphile", "yoga", "limit", "limit-no-rls")


def stamp():
    """The beginning of a UUID of version 7 that is made now; twelve digits are missing."""
    milliseconds = f"{time.time_ns() // 1_000_000:012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}-7{random.randrange(0x1000):03x}-8{random.randrange(0x1000):03x}"


class Stage:
    """The cluster, the servers and the limits of one scale."""

    def __init__(self, scale, options):
        self.scale, self.options = scale, options
        self.cluster = Cluster(scale, options.data / scale, options.binary)
        self.servers, self.limits, self.loads, self.absent = {}, {}, {}, {}

    def open(self):
        self.cluster.start()
        self.workload = Workload(self.cluster)
        for name in (name for name in TARGETS if name in SERVERS and name in self.options.targets):
            self._serve(name)
        for name in (name for name in TARGETS if name.startswith("limit") and name in self.options.targets):
            ours = self.servers["entaku"]
            self.limits[name] = Limit(self.cluster, self.workload, stamp, ours, walls=name == "limit")
        verify(self, self.options.questions)

    def _serve(self, name):
        server = SERVERS[name](self.cluster, self.workload, stamp)
        try:
            server.start()
            self.servers[name] = server
        except BaseException as why:
            server.stop()
            if name == "entaku" or not isinstance(why, Unavailable):
                raise
            self.absent[name] = str(why)
            say(f"{name} is left out: {why}")

    def names(self):
        return [name for name in TARGETS if name in self.servers or name in self.limits]

    def load(self, name, question):
        key = (name, question)
        if key not in self.loads:
            self.loads[key] = Load(self.servers[name], question)
        return self.loads[key]

    def warm(self, question):
        """Fills the caches and compilers; tries the limit's shapes. Yields what the shapes reached."""
        for name in self.servers:
            self.load(name, question).warm(self.options.connections, self.options.warm)
        chosen = None
        for name, limit in self.limits.items():
            if chosen is None:
                yield name, limit.choose(question, self.options.warm)
            # The same shape with walls and without, so that the difference is theirs.
            chosen = limit.chosen.setdefault(question, chosen)

    def point(self, name, question):
        self.cluster.put_off()
        if name in self.limits:
            return self.limits[name].point(question, self.options.seconds)
        return self.load(name, question).point(self.options.connections, self.options.seconds)

    def close(self):
        for server in self.servers.values():
            server.stop()
        self.cluster.stop()
