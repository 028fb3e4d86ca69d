"""Records out of their envelopes: API pages, webhook events, lists of either."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.landing.contract import FieldPath, Source, Table

DEEPEST = 6


def unwrap(
    value: object, source: Source, forced: Table | None = None, depth: int = 0
) -> Iterator[tuple[Table | None, Any]]:
    """The records in a parsed JSON value, each with its table.

    Args:
        value: a record, an envelope of records, or a list of either.
        source: whose it is.
        forced: the table every object belongs to; None to recognise each.
        depth: how many envelopes have been opened so far.

    Yields:
        Table and record; what is no record of the source comes without a table.
    """
    if isinstance(value, list) and depth < DEEPEST:
        for element in value:
            if isinstance(element, list):
                yield None, element
            else:
                yield from unwrap(element, source, forced, depth + 1)
        return
    if not isinstance(value, dict):
        yield None, value
        return
    if table := forced or source.recognise(value):
        yield table, value
        return
    for path in source.unwrap if depth < DEEPEST else ():
        if inner := _at(value, path):
            for element in inner:
                yield from unwrap(element, source, forced, depth + 1)
            return
    yield None, value


def _at(value: object, path: FieldPath) -> list[Any]:
    """Objects and lists at a path; a step `*` is every value of an object."""
    found = [value]
    for step in path:
        found = [
            inner
            for outer in found
            if isinstance(outer, dict)
            for inner in (outer.values() if step == "*" else [outer.get(step)])
        ]
    return [inner for inner in found if isinstance(inner, dict | list)]
