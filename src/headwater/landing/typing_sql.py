"""The SQL that turns vendors' records into a landed table's typed columns.

One statement a table, made from its contract: all fields are read in one pass over the JSON text,
cast, and checked. It runs in a DuckDB connection of the lander and never in a model.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

from headwater.landing.contract import Column, FieldPath, Table

PARENT = "^"
NUMBER = r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"
SECONDS_BELOW, MILLIS_BELOW, MICROS_BELOW = "1e11", "1e14", "9e18"


def recognition(tables: list[Table]) -> str:
    """SQL case that names the table a `text` belongs to, null when none takes it."""
    arms = [
        f"when {' and '.join(_has(key, value) for key, value in table.recognised_by.items())} "
        f"then {quote(table.name)}"
        for table in tables
        if table.recognised_by
    ]
    return f"case {' '.join(arms)} end" if arms else "cast(null as varchar)"


def typed_rows(table: Table, children: list[Table], relation: str) -> str:
    """SQL of a table's columns from a relation (row_number, text, parent).

    Args:
        table: the contract.
        children: tables nested in this one; their part of the record is theirs alone.
        relation: relation to read.

    Returns:
        A query with `_row`, one column per column of the table, `_extra`, `_text` (the record) and
        `_wrong`: the name of the first column whose value does not fit its type, null if all do.
    """
    columns = ",\n    ".join(f"{_value(c, table)} as {ident(c.name)}" for c in table.columns)
    wrongs = ", ".join(
        f"case when {ident('raw ' + c.name)} is not null and {ident(c.name)} is null "
        f"then {quote(c.name)} end"
        for c in table.columns
        if not c.rest_of
    )
    return f"""
with {_raw_values(table, relation)},
typed as (
    select *,
    {columns},
    {_rest("text", (), table, children)} as _extra
    from raw_values
)
select
    row_number as _row,
    {", ".join(ident(column.name) for column in table.columns)},
    _extra,
    text as _text,
    list_filter([{wrongs}], lambda name: name is not null)[1] as _wrong
from typed
"""


def nested_rows(child: Table, relation: str) -> str:
    """SQL of a child table's records, as (row_number, text, parent), from its parents' relation."""
    if child.nested_in is None:
        raise ValueError(f"{child.source}.{child.name} is not nested in another table.")
    path = quote(json_path(child.nested_in.path) + "[*]")
    return f"""
select row_number, cast(element as varchar) as text, parent
from (
    select row_number, unnest(json_extract(text, {path})) as element, text as parent from {relation}
)
"""


def quote(text: str) -> str:
    """A SQL string."""
    return "'" + text.replace("'", "''") + "'"


def ident(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def json_path(path: FieldPath) -> str:
    """A DuckDB JSON path; a step of digits is an index into a list."""
    return "$" + "".join(f"[{step}]" if step.isdigit() else f'."{step}"' for step in path)


def _has(key: str, value: str | None) -> str:
    path = quote(json_path((key,)))
    if value is None:
        return f"json_exists(text, {path})"
    return f"json_extract_string(text, {path}) = {quote(value)}"


def _opened(table: Table) -> str:
    """The record, with objects that a loader stored as text opened where a path leads into them."""
    heads = {path[0] for column in table.columns for path in column.paths if len(path) > 1}
    heads |= {column.rest_of[0] for column in table.columns if column.rest_of}
    text = "text"
    for head in sorted(heads - {PARENT}):
        inner = f"json_extract_string(text, {quote(json_path((head,)))})"
        is_text = (
            f"json_type(text, {quote(json_path((head,)))}) = 'VARCHAR' and json_valid({inner})"
        )
        opened = f"json_merge_patch({text}, json_object({quote(head)}, cast({inner} as json)))"
        text = f"case when {is_text} then cast({opened} as varchar) else {text} end"
    return text


def _raw_values(table: Table, relation: str) -> str:
    """The first parts of the statement, up to `raw_values`: each column's value still as text."""
    scalars = sorted({path for column in table.columns for path in column.paths})
    own = [path for path in scalars if path[0] != PARENT]
    parents = [path for path in scalars if path[0] == PARENT]
    places = {path: index for paths in (own, parents) for index, path in enumerate(paths, start=1)}
    raws = ",\n    ".join(f"{_raw(c, places)} as {ident('raw ' + c.name)}" for c in table.columns)
    own_list = ", ".join(quote(json_path(path)) for path in own) or "'$'"
    parent_list = ", ".join(quote(json_path(path[1:])) for path in parents) or "'$'"
    return f"""opened as (
    select row_number, {_opened(table)} as text, parent from {relation}
),
extracted as materialized (
    select
        *,
        json_extract_string(text, [{own_list}]) as own_texts,
        json_extract_string(parent, [{parent_list}]) as parent_texts
    from opened
),
raw_values as materialized (
    select *,
    {raws}
    from extracted
)"""


def _raw(column: Column, places: dict[FieldPath, int]) -> str:
    """The first value found, as text; blank text counts as absent but in a text column."""
    if column.rest_of:
        return "cast(null as varchar)"
    found = []
    for path in column.paths:
        texts = "parent_texts" if path[0] == PARENT else "own_texts"
        value = f"{texts}[{places[path]}]"
        found.append(value if column.data_type == "varchar" else f"nullif(trim({value}), '')")
    return f"coalesce({', '.join(found)}, null)"


def _value(column: Column, table: Table) -> str:
    """The typed value; null when it is absent or does not fit."""
    if column.rest_of:
        inner = f"json_extract(text, {quote(json_path(column.rest_of))})"
        return _rest(f"cast({inner} as varchar)", column.rest_of, table, [])
    return _cast(column, ident("raw " + column.name))


def _cast(column: Column, raw: str) -> str:
    """The raw text in the column's type."""
    kind = column.data_type
    if kind == "varchar":
        return raw
    if kind == "json":
        checked = f"case when json_valid({raw}) then {raw} end"
        return _flat_object(checked) if column.is_key_value else checked
    if kind == "timestamp":
        return _timestamp(raw)
    if kind == "date":
        return f"coalesce(try_cast({raw} as date), cast(try_strptime({raw}, '%Y%m%d') as date))"
    if kind == "bigint":
        whole = f"try_cast({raw} as double) = floor(try_cast({raw} as double))"
        return f"case when {whole} then try_cast({raw} as bigint) end"
    return f"try_cast({raw} as {kind})"


def _timestamp(raw: str) -> str:
    """Epoch seconds, milli- or microseconds by size, else ISO 8601, UTC unless it says a zone."""
    number = f"try_cast({raw} as decimal(38, 6))"
    micros = (
        f"case when abs({number}) < {SECONDS_BELOW} then {number} * 1000000 "
        f"when abs({number}) < {MILLIS_BELOW} then {number} * 1000 "
        f"when abs({number}) < {MICROS_BELOW} then {number} end"
    )
    return (
        f"case when regexp_full_match({raw}, {quote(NUMBER)}) "
        f"then make_timestamp(cast(round({micros}) as bigint)) "
        f"else cast(try_cast({raw} as timestamptz) as timestamp) end"
    )


def _flat_object(value: str) -> str:
    """A list of {key, value: {string_value, int_value, …}} as one object; an object stays one."""
    names = ("string_value", "int_value", "float_value", "double_value")
    kinds = json.dumps(dict.fromkeys(names, "VARCHAR"), separators=(",", ":"))
    pairs = f"""from_json({value}, '[{{"key":"VARCHAR","value":{kinds}}}]')"""
    member = (
        "cast(to_json(pair.key) as varchar) || ':' || coalesce("
        "cast(to_json(pair.value.string_value) as varchar), pair.value.int_value, "
        "pair.value.double_value, pair.value.float_value, 'null')"
    )
    flat = f"'{{' || array_to_string(list_transform({pairs}, lambda pair: {member}), ',') || '}}'"
    return f"case json_type({value}) when 'ARRAY' then {flat} else {value} end"


def _rest(text: str, inside: FieldPath, table: Table, children: list[Table]) -> str:
    """What no column took of an object, null when nothing is left.

    Taking a nested field away leaves its emptied parents, or even makes them; those are dropped.
    """
    taken = [path for column in table.columns for path in column.paths if path[0] != PARENT]
    taken += [
        column.rest_of for column in table.columns if column.rest_of and column.rest_of != inside
    ]
    taken += [(key,) for key in table.recognised_by]
    taken += [child.nested_in.path for child in children if child.nested_in]
    patch: dict[str, Any] = {}
    parents: set[str] = set()
    for path in taken:
        steps = path[len(inside) :] if path[: len(inside)] == inside else ()
        steps = tuple(itertools.takewhile(lambda step: not step.isdigit(), steps))
        if not steps:
            continue
        parents.update(steps[:-1])
        node = patch
        for step in steps[:-1]:
            node = node.setdefault(step, {}) if isinstance(node.get(step, {}), dict) else {}
        node[steps[-1]] = None
    removal = quote(json.dumps(patch, separators=(",", ":")))
    left = f"cast(json_merge_patch({text}, {removal}) as varchar)"
    names = "|".join(_escaped(name) for name in sorted(parents))
    for _ in range(3 if names else 0):
        left = (
            f"""replace(regexp_replace({left}, ',?"({names})":\\{{\\}}', '', 'g'), '{{,', '{{')"""
        )
    return f"case when json_type({text}) = 'OBJECT' then nullif({left}, '{{}}') end"


def _escaped(name: str) -> str:
    return "".join(
        character if character.isalnum() or character == "_" else f"\\{character}"
        for character in name
    )
