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
        self.owners = {}
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
        self._owners()
        return self

    def _owners(self):
        """Whose the drafts are: the peers' inserts name organization and district themselves."""
        if not self.owners:
            known = ",".join(draft["uuid"] for town in self.towns for draft in town["drafts"])
            rows = self.cluster.sql(
                f"SELECT id, organization_id, district_id FROM roundtables WHERE id = ANY('{{{known}}}'::uuid[])"
            )
            self.owners = {row[0]: row[1:] for row in (line.split("|") for line in rows.splitlines())}
        for town in self.towns:
            for draft in town["drafts"]:
                draft["organization"], draft["district"] = (value or None for value in self.owners[draft["uuid"]])

    def samples(self):
        """Pairs of a town's place and an organization, in an order that is the same every time."""
        pairs = [(place, org) for place, town in enumerate(self.towns) for org in town["organizations"]]
        chosen = random.Random(42)
        chosen.shuffle(pairs)
        return [pairs[i % len(pairs)] for i in range(max(SAMPLES, min(len(pairs), 2 * SAMPLES)))]

    def drafts(self):
        """Round tables that take passages, those of different towns in turn."""
        columns = [[(place, draft) for draft in town["drafts"]] for place, town in enumerate(self.towns)]
        longest = max(map(len, columns))
        mixed = [column[i] for i in range(longest) for column in columns if i < len(column)]
        if not mixed:
            raise Failed("the workload has no round table whose minutes are being written")
        return mixed
