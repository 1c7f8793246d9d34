"""Answers in one form: bare UUIDs, plain lists, numbers as numbers, times in UTC, no cursors."""

import re
from datetime import datetime, timezone

_OUR_ID = re.compile(r"^[a-z]{1,8}_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$")
_TIME = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
#: PostGraphile has connections where we have an object or a list.
_LISTS = {"liaisons": list, "latestAllocation": lambda nodes: nodes[0] if nodes else None}


def normal(value, name=""):
    """A value of an answer, as all servers would have said it."""
    if isinstance(value, dict):
        if name in _LISTS and set(value) == {"nodes"}:
            return normal(_LISTS[name](value["nodes"]), name)
        return {key: normal(inner, key) for key, inner in value.items() if key != "endCursor"}
    if isinstance(value, list):
        return [normal(inner) for inner in value]
    if isinstance(value, str):
        return _text(value, name)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _text(value, name):
    if found := _OUR_ID.match(value):
        return "-".join(found.groups())
    if name.endswith("Yen") and value.lstrip("-").isdigit():
        return int(value)
    if _TIME.match(value):
        text = re.sub(r"([+-]\d\d)$", r"\1:00", value.replace("Z", "+00:00"))
        return datetime.fromisoformat(text).astimezone(timezone.utc).isoformat()
    return value


def position(meeting):
    """Where a meeting stands in the list: its time without colons, which pgbench would take for variables; its id."""
    known = normal(meeting)
    return datetime.fromisoformat(known["startsAt"]).strftime("%Y%m%dT%H%M%S.%fZ"), known["id"]


def leaves(value):
    """The scalars of an answer as texts."""
    if isinstance(value, dict):
        return set().union(*[leaves(inner) for inner in value.values()]) if value else set()
    if isinstance(value, list):
        return set().union(*[leaves(inner) for inner in value]) if value else set()
    return {str(value)} if value is not None and not isinstance(value, bool) else set()


def difference(expected, found, path=""):
    """Where two answers part first, or None."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in expected.keys() | found.keys():
            if told := difference(expected.get(key), found.get(key), f"{path}.{key}"):
                return told
        return None
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for at, pair in enumerate(zip(expected, found)):
            if told := difference(*pair, f"{path}[{at}]"):
                return told
        return None
    return None if expected == found else f"{path}: {str(expected)[:200]} is {str(found)[:200]} there"
