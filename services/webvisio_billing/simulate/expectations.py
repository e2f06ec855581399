"""Compares an answer with what its step says it `expect`s.

An expectation names a part: fields that are not named may be anything.
`events` are found in order, with others between them; `no_events` lists
types that must not have happened. Scalars are compared as text, for that is
what YAML gives.
"""

from collections.abc import Iterator

from webvisio_billing.simulate.output import Json
from webvisio_billing.simulate.reading import Tree


def mismatches(expected: Tree, answer: dict[str, Json]) -> list[str]:
    """Say how an answer differs from what was expected; empty where it does not."""
    if not isinstance(expected, dict):
        return ["expect: expected fields (a mapping)"]
    found: list[str] = []
    for name, wanted in expected.items():
        match name:
            case "events":
                found += _missing_events(wanted, answer["events"])
            case "no_events":
                found += _unwanted_events(wanted, answer["events"])
            case _:
                found += _differences(wanted, answer.get(name, _ABSENT), name)
    return found


_ABSENT = "(absent)"


def _differences(wanted: Tree, actual: Json, path: str) -> Iterator[str]:
    if isinstance(wanted, dict):
        if not isinstance(actual, dict):
            yield f"{path}: expected fields, found {actual!r}"
            return
        for name, value in wanted.items():
            yield from _differences(value, actual.get(name, _ABSENT), f"{path}.{name}")
    elif isinstance(wanted, list):
        if not isinstance(actual, list) or len(actual) != len(wanted):
            yield f"{path}: expected {wanted!r}, found {actual!r}"
            return
        for place, (one, other) in enumerate(zip(wanted, actual, strict=True)):
            yield from _differences(one, other, f"{path}[{place}]")
    elif wanted != _as_text(actual):
        yield f"{path}: expected {wanted!r}, found {_as_text(actual)!r}"


def _missing_events(wanted: Tree, events: Json) -> Iterator[str]:
    if not isinstance(wanted, list) or not isinstance(events, list):
        yield "events: expected a list"
        return
    left = iter(events)
    for event in wanted:
        if not any(not list(_differences(event, candidate, "event")) for candidate in left):
            yield f"events: {event!r} did not happen, or not in this order; there were {events!r}"
            return


def _unwanted_events(unwanted: Tree, events: Json) -> Iterator[str]:
    if not isinstance(unwanted, list) or not isinstance(events, list):
        yield "no_events: expected a list of types"
        return
    for event in events:
        if isinstance(event, dict) and event["type"] in unwanted:
            yield f"no_events: {event!r} happened"


def _as_text(value: Json) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case _:
            return str(value)
