"""What no column took of a record, for the few records where SQL cannot say it.

SQL takes every path of every column away. That loses something when two places of one column
differ, or when something else than an object stands where a path leads on; here only what a column
really took goes.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from headwater.landing.contract import Column, FieldPath, Table
from headwater.landing.typing_sql import OUTER

EMPTY: tuple[object, ...] = ({}, [], None)


def mended(rows: pa.Table, table: Table, children: list[Table]) -> pa.Table:
    """Rows of `typed_rows`, with what no column took of the odd ones worked out one by one."""
    odd = rows["_odd"].combine_chunks()
    texts = rows.filter(odd)["_text"].to_pylist()
    left = [leftovers(json.loads(text), table, children) for text in texts]
    for name in left[0] if left else ():
        values = pa.array([rest[name] for rest in left], pa.string())
        column = rows[name].combine_chunks().cast(pa.string())
        mended = pc.replace_with_mask(column, odd, values)
        rows = rows.set_column(rows.column_names.index(name), name, mended)
    return rows


def leftovers(record: dict[str, Any], table: Table, children: list[Table]) -> dict[str, str | None]:
    """Take out of a record what its columns and child tables hold.

    Args:
        record: the vendor's record; it is changed.
        table: the contract.
        children: tables nested in this one.

    Returns:
        JSON text by column, for each rest_of column and for `_extra`; None when nothing is left.
    """
    taken = [path for column in table.columns for path in _taken(record, column)]
    taken += [(key,) for key, value in table.exact_fields.items() if record.get(key) == value]
    nested = [child.nested_in.path for child in children if child.nested_in]
    taken += [path for path in nested if isinstance(value_at(record, path), list)]
    for path in sorted(taken, key=len, reverse=True):
        _remove(record, path)
    texts = {}
    for column in table.columns:
        if column.rest_of:
            texts[column.name] = _text(value_at(record, column.rest_of))
            _remove(record, column.rest_of)
    return {**texts, "_extra": _text(record)}


def value_at(record: object, path: FieldPath) -> object:
    """The value at a path, None when there is none."""
    for step in path:
        if isinstance(record, list) and step.isdigit():
            record = record[int(step)] if int(step) < len(record) else None
        else:
            record = record.get(step) if isinstance(record, dict) else None
    return record


def _taken(record: dict[str, Any], column: Column) -> list[FieldPath]:
    """The column's paths that hold its value, or none."""
    values = {path: value_at(record, path) for path in column.paths if path[0] not in OUTER}
    if column.data_type != "varchar":
        is_blank = {
            p for p, value in values.items() if isinstance(value, str) and not value.strip()
        }
        values = {path: None if path in is_blank else value for path, value in values.items()}
    first = next((value for value in values.values() if value is not None), None)
    taken = [path for path, value in values.items() if value is None or value == first]
    return taken if first is not None else [*taken, *_gathered(record, column)]


def _gathered(record: dict[str, Any], column: Column) -> list[FieldPath]:
    """The fields that became keys of the column."""
    plain = [name for name in record if re.fullmatch("[A-Za-z0-9_]+", name)]
    return [
        (name,)
        for name in plain
        for prefix in column.prefixes
        if name.startswith(prefix) and name != prefix
    ]


def _remove(value: object, path: FieldPath) -> None:
    """Take the value at a path away, and each parent that this empties."""
    step, rest = path[0], path[1:]
    if isinstance(value, list) and step.isdigit() and int(step) < len(value):
        if rest:
            _remove(value[int(step)], rest)
        else:
            value[int(step)] = None
        if all(element in EMPTY for element in value):
            value.clear()
    elif isinstance(value, dict) and step in value:
        if rest:
            _remove(value[step], rest)
        if not rest or value[step] in EMPTY:
            del value[step]


def _text(value: object) -> str | None:
    if value in EMPTY:
        return None
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
