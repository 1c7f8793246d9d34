"""Nothing is measured before every target has given the same answers."""

from .load import forget_passages
from .normal import difference, normal
from .tools import Failed, say

SAMPLES = 12

_STORED = """
SELECT DISTINCT p.session, md5(p.text), p.revision, p.organization_id IS NOT DISTINCT FROM r.organization_id,
    p.district_id IS NOT DISTINCT FROM r.district_id,
    (SELECT count(*) FROM events e WHERE e.municipality_id = p.municipality_id AND e.object_id = p.id),
    a.act, a.op, a.actor_id IS NOT NULL, a.request_id IS NOT NULL,
    (SELECT string_agg(k, ',') FROM jsonb_object_keys(a.after) k)
FROM roundtable_passages p JOIN roundtables r ON r.municipality_id = p.municipality_id AND r.id = p.roundtable_id
    LEFT JOIN audit_entries a ON a.municipality_id = p.municipality_id AND a.kind = 'roundtable_passages'
        AND a.object_id = p.id
WHERE p.number >= 100 AND p.municipality_id = ANY('{%s}') AND p.roundtable_id = ANY('{%s}')
"""


def verify(stage, asked):
    """Compares every target with ours; on any difference refuses to measure and says where."""
    ours = stage.servers["entaku"]
    told = []
    for server in stage.servers.values():
        server.walk()
        if [server.positions[c] for found in server.cursors.values() for c in found] != list(ours.positions.values()):
            told.append(f"{server.name} Q3: the pages do not end at the same meetings")
    for question in (q for q in asked if q != "M1"):
        told += _reads(stage, ours, question)
    if "M1" in asked:
        told += _writes(stage)
    if told:
        raise Failed(f"{stage.scale}: the answers differ, so nothing is measured:\n  " + "\n  ".join(told))
    say(f"{stage.scale}: {', '.join(stage.names())} give the same answers to {', '.join(asked)}")


def _reads(stage, ours, question):
    told = []
    items = {name: server.items(question) for name, server in stage.servers.items()}
    step = max(1, len(items["entaku"]) // SAMPLES)
    for at in range(0, step * SAMPLES, step):
        expected = normal(ours.ask(question, *items["entaku"][at]))
        for name, server in stage.servers.items():
            place, item = items[name][at]
            if found := difference(expected, normal(server.ask(question, place, item))):
                told.append(f"{name} {question} #{at} {found}")
        for limit in stage.limits.values():
            row = limit.values(question, [items["entaku"][at]])[0]
            if found := limit.differs(question, row, next(iter(expected.values()))):
                told.append(f"{limit.name} {question} #{at} {found}")
    return told


def _writes(stage):
    """The same rows, audit and events, whoever writes."""
    first, told = None, []
    forget_passages(stage.cluster, stage.workload)  # of a run that was broken off
    for name, write in _writers(stage).items():
        write()
        towns = ",".join(town["municipality"] for town in stage.workload.towns)
        drafts = ",".join(draft["uuid"] for _, draft in stage.workload.drafts())
        stored = stage.cluster.sql(_STORED % (towns, drafts))
        forget_passages(stage.cluster, stage.workload)
        first = first or stored
        if stored != first or len(stored.splitlines()) != 1:
            told.append(f"{name} M1 stores {stored!r}, ours {first!r}")
    return told


def _writers(stage):
    ask = lambda server: lambda: server.ask("M1", *server.items("M1")[0])
    bench = lambda limit: lambda: limit.pgbench("M1", "row", 1)
    writers = {name: ask(server) for name, server in stage.servers.items()}
    return writers | {name: bench(limit) for name, limit in stage.limits.items()}
