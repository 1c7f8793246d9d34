"""Who asks and for what: the towns of a scale as `entaku bench workload` prints them."""

import json
import random
import time

from .tools import Failed, run

#: Access tokens live five minutes; none is used beyond this age.
FRESH_SECONDS = 150
SAMPLES = 2000


class Workload:
    """The towns, with tokens that are still good."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.read = 0.0
        self.towns = []
        self.known = {}
        self.fresh()
        if not self.towns:
            raise Failed(f"the scale {cluster.scale} has no town large enough; seed it again")

    def fresh(self):
        """Reads it again where the tokens are about to end."""
        if time.monotonic() - self.read < FRESH_SECONDS and self.towns:
            return self
        printed = run([self.cluster.binary, "bench", "workload"], env=self.cluster.environment())
        self.towns = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        self.read = time.monotonic()
        for town in self.towns:
            town["drafts"] = self._drafts(town["municipality"])
        return self

    def _drafts(self, municipality):
        """All round tables that take passages. The peers' inserts name organization and district themselves."""
        if municipality not in self.known:
            rows = self.cluster.sql(
                "SELECT id, organization_id, district_id FROM roundtables"
                f" WHERE municipality_id = '{municipality}' AND state = 'MINUTES_DRAFT' ORDER BY md5(id::text)"
            )
            self.known[municipality] = [_draft(*line.split("|")) for line in rows.splitlines()]
        return self.known[municipality]

    def samples(self):
        """Pairs of a town's place and an organization, in an order that is the same every time."""
        pairs = [(place, org) for place, town in enumerate(self.towns) for org in town["organizations"]]
        chosen = random.Random(42)
        chosen.shuffle(pairs)
        return [pairs[i % len(pairs)] for i in range(SAMPLES)]

    def drafts(self):
        """Up to 2,000 round tables that take passages, those of different towns in turn."""
        columns = [[(place, draft) for draft in town["drafts"]] for place, town in enumerate(self.towns)]
        longest = max(map(len, columns))
        mixed = [column[i] for i in range(longest) for column in columns if i < len(column)]
        if not mixed:
            raise Failed("the workload has no round table whose minutes are being written")
        return mixed[:SAMPLES]


def _draft(uuid, organization, district):
    ours = f"rtb_{uuid.replace('-', '')}"
    return {"id": ours, "uuid": uuid, "organization": organization or None, "district": district or None}
