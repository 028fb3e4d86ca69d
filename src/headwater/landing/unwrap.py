"""Records out of their envelopes: API pages, webhook events, lists of either."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from headwater.landing.contract import FieldPath, Source, Table
from headwater.landing.records import parse

DEEPEST = 6


class Unwrapped(NamedTuple):
    """What stood in an envelope; `table` is None when it is no record of the source."""

    table: Table | None
    content: Any
    envelope: dict[str, Any] | None  # the envelope's own fields, without what it holds


def unwrap(
    value: object,
    source: Source,
    forced: Table | None = None,
    envelope: dict[str, Any] | None = None,
    depth: int = 0,
) -> Iterator[Unwrapped]:
    """The records in a parsed JSON value, each with its table.

    Args:
        value: a record, an envelope of records, or a list of either.
        source: whose it is.
        forced: the table every record belongs to; None to recognise each.
        envelope: fields of the envelope that has been opened, None if there was none.
        depth: how many envelopes have been opened so far.
    """
    if isinstance(value, list) and depth < DEEPEST:
        for element in value:
            if isinstance(element, list):
                yield Unwrapped(None, element, envelope)
            else:
                yield from unwrap(element, source, forced, envelope, depth + 1)
        return
    if not isinstance(value, dict):
        yield Unwrapped(None, value, envelope)
        return
    if table := source.recognise(value):
        yield Unwrapped(forced or table, value, envelope)
        return
    for path in source.unwrap if depth < DEEPEST else ():
        if inner := _at(value, path):
            fields = {key: own for key, own in value.items() if not isinstance(own, dict | list)}
            fields.pop(path[0], None)
            for element in inner:
                yield from unwrap(element, source, forced, fields, depth + 1)
            return
    yield Unwrapped(forced, value, envelope)


def _at(value: object, path: FieldPath) -> list[Any]:
    """Objects and lists at a path; a step `*` is every value of an object."""
    found = [value]
    for step in path:
        found = [
            _opened(inner)
            for outer in found
            if isinstance(outer, dict)
            for inner in (outer.values() if step == "*" else [outer.get(step)])
        ]
    return [inner for inner in found if isinstance(inner, dict | list)]


def _opened(value: object) -> object:
    """An object that a loader stored as text, else the value itself."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return parse(value)
        except ValueError:
            return value
    return value
