"""The SQL that turns vendors' records into a landed table's typed columns.

One statement a table, made from its contract: all fields are read in one pass over the JSON text,
cast, and checked. It runs in a DuckDB connection of the lander and never in a model.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Set
from dataclasses import replace
from typing import Any

from headwater.landing.contract import Column, FieldPath, Source, Table
from headwater.sql import ident, quote

# First steps of paths that lead out of the record, and the column of the relation they lead into.
OUTER = {"^": "parent", "@": "envelope"}
# `is_plain` says that columns take every field of the record whole.
RELATION = ("row_number", "line", "text", "parent", "envelope", "is_plain")
NUMBER = r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"
# Without a zone, and read three times as fast as what may have one.
USUAL_TIMES = (
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
)
SECONDS_BELOW, MILLIS_BELOW, MICROS_BELOW = "1e11", "1e14", "9e18"


def shapes(source: Source, relation: str) -> str:
    """SQL of what there is to recognise each row of a relation with a JSON `text` by.

    Returns:
        A query with `shape`, in the relation's order: the record's field names as a JSON list, and
        after a line feed the values of the fields whose values matter, as another. An empty list
        stands for what is no object, null for what is no JSON.
    """
    shape = "cast(to_json(json_keys(text)) as varchar)"
    if source.text_marks:
        paths = ", ".join(quote(json_path((key,))) for key in source.text_marks)
        shape += f" || chr(10) || cast(to_json(json_extract_string(text, [{paths}])) as varchar)"
    return f"select try({shape}) as shape from {relation}"


def whole_fields(table: Table, children: list[Table]) -> set[str]:
    """Names of fields that the table's columns take whole: of a record of these nothing is left."""
    paths = taken_paths(table, children)
    onward = {path[0] for path in paths if len(path) > 1}
    onward |= {column.rest_of[0] for column in table.columns if column.rest_of}
    return {path[0] for path in paths} - onward


def narrowed(table: Table, fields: Set[str]) -> Table:
    """The table, without the places where records that have only these fields have nothing."""
    columns = [
        replace(
            column,
            paths=tuple(p for p in column.paths if p[0] in fields or p[0] in OUTER),
            rest_of=column.rest_of if column.rest_of and column.rest_of[0] in fields else None,
            prefixes=tuple(
                p for p in column.prefixes if any(field.startswith(p) for field in fields)
            ),
        )
        for column in table.columns
    ]
    marks = [{key: mark for key, mark in m.items() if key in fields} for m in table.recognised_by]
    return replace(table, columns=tuple(columns), recognised_by=tuple(marks))


def typed_rows(
    table: Table, children: list[Table], relation: str, *, is_quick: bool = False
) -> str:
    """SQL of a table's columns from a relation with the columns RELATION.

    Args:
        table: the contract.
        children: tables nested in this one; their part of the record is theirs alone.
        relation: relation to read, made by `opened`.
        is_quick: do not look for blank values, nor trim them: some seem not to fit that do.

    Returns:
        A query with `_row`, `_line`, one column per column of the table, `_extra`, `_wrong`: the
        name of the first column whose value does not fit its type, null if all do, `_odd`: whether
        `_extra` and the rest_of columns are to be made by `leftovers` instead, and `_text`: the
        record, where one of these two says something.
    """
    columns = ",\n    ".join(f"{_value(c)} as {ident(c.name)}" for c in table.columns)
    wrongs = [
        f"case when {_misfit(c)} then {quote(c.name)} end"
        for c in table.columns
        if c.data_type != "varchar"
    ]
    rests = {c.rest_of: None for c in table.columns if c.rest_of}
    return f"""
with {_raw_values(table, children, relation, is_quick)},
typed as (
    select *,
    {columns},
    nullif({_without("left_over", list(rests))}, '{{}}') as _extra
    from raw_values
)
select
    row_number as _row,
    line as _line,
    {", ".join(ident(column.name) for column in table.columns)},
    _extra,
    case when _wrong is not null or _odd then text end as _text,
    _wrong,
    _odd
from (
    select
        *,
        coalesce({", ".join([*wrongs, "cast(null as varchar)"])}) as _wrong,
        {_is_odd(table, children, is_quick)} as _odd
    from typed
)
"""


def nested_rows(child: Table, relation: str) -> str:
    """SQL of a child table's records, with the columns RELATION, from its parents' relation."""
    return f"select {', '.join(RELATION)} from ({_elements(child, relation)}) where is_object"


def nested_strays(child: Table, relation: str) -> str:
    """SQL of what stands among a child's records and is no object: (row_number, line, text)."""
    return f"select row_number, line, text from ({_elements(child, relation)}) where not is_object"


def _elements(child: Table, relation: str) -> str:
    if child.nested_in is None:
        raise ValueError(f"{child.source}.{child.name} is not nested in another table.")
    path = quote(json_path(child.nested_in.path) + "[*]")
    return f"""
select
    row_number,
    line,
    cast(element as varchar) as text,
    parent,
    envelope,
    false as is_plain,
    json_type(element) = 'OBJECT' as is_object
from (
    select
        row_number, line, envelope, text as parent, unnest(json_extract(text, {path})) as element
    from {relation}
)
"""


def json_path(path: FieldPath) -> str:
    """A DuckDB JSON path; a step of digits is an index into a list."""
    return "$" + "".join(f"[{step}]" if step.isdigit() else f'."{step}"' for step in path)


def opened(table: Table, children: list[Table], relation: str) -> str:
    """SQL of the relation, with what a loader stored as text opened where a path leads on."""
    paths = [path for column in table.columns for path in column.paths if len(path) > 1]
    paths += [(*column.rest_of, "*") for column in table.columns if column.rest_of]
    paths += [(*child.nested_in.path, "0") for child in children if child.nested_in]
    kinds = {path[0]: "ARRAY" if path[1].isdigit() else "OBJECT" for path in paths}
    for head, kind in sorted(kinds.items()):
        if head in OUTER:
            continue
        place = quote(json_path((head,)))
        inner = f"json_extract_string(text, {place})"
        others = f"cast(json_merge_patch(text, {quote(json.dumps({head: None}))}) as varchar)"
        key = quote("{" + json.dumps(head, ensure_ascii=False) + ":")
        beginning = quote('"[' if kind == "ARRAY" else '"{')
        # The look for the beginning is cheap, and false for nearly every record.
        relation = f"""(
    select row_number, line, parent, envelope, is_plain, case
        when contains(text, {beginning}) and json_type(text, {place}) = 'VARCHAR'
            and case when json_valid({inner}) then json_type({inner}) end = '{kind}'
        then {key} || {inner} || case {others} when '{{}}' then '}}' else ',' || {others}[2:] end
        else text end as text
    from {relation}
)"""
    return relation


def _raw_values(table: Table, children: list[Table], relation: str, is_quick: bool) -> str:
    """The first parts of the statement, up to `raw_values`: each column's value still as text."""
    own = _own_paths(table)
    raws = ",\n    ".join(
        f"{_raw(c, table, is_quick)} as {ident('raw ' + c.name)}" for c in table.columns
    )
    own_list = ", ".join(quote(json_path(path)) for path in own) or "'$'"
    outer_texts = [
        f"json_extract_string({name}, [{_outer_list(table, sign)}]) as {name}_texts"
        for sign, name in OUTER.items()
    ]
    patched = _without("text", taken_paths(table, children))
    return f"""patched as (
    select *, case when is_plain then '{{}}' else {patched} end as patched
    from {relation}
),
extracted as (
    select
        *,
        {_pruned("patched", taken_paths(table, children))} as left_over,
        json_extract_string(text, [{own_list}]) as own_texts,
        {", ".join(outer_texts)}
    from patched
),
raw_values as (
    select *,
    {raws}
    from extracted
)"""


def _own_paths(table: Table) -> list[FieldPath]:
    """Every place of the record that is read, in the order of `own_texts`."""
    paths = {path for column in table.columns for path in column.paths if path[0] not in OUTER}
    return sorted(paths | {(key,) for key in table.exact_fields})


def _outer_paths(table: Table, sign: str) -> list[FieldPath]:
    """Every place of the parent or the envelope that is read, in the order of their texts."""
    return sorted({p for column in table.columns for p in column.paths if p[0] == sign})


def _outer_list(table: Table, sign: str) -> str:
    paths = _outer_paths(table, sign)
    return ", ".join(quote(json_path(path[1:])) for path in paths) or "'$'"


def _text_at(path: FieldPath, table: Table) -> str:
    if path[0] in OUTER:
        position = _outer_paths(table, path[0]).index(path) + 1
        return f"{OUTER[path[0]]}_texts[{position}]"
    return f"own_texts[{_own_paths(table).index(path) + 1}]"


def _found(column: Column, path: FieldPath, table: Table, is_quick: bool) -> str:
    """The text at one of a column's paths; blank text counts as absent but in a text column."""
    text = _text_at(path, table)
    return text if is_quick or column.data_type == "varchar" else f"nullif(trim({text}), '')"


def _raw(column: Column, table: Table, is_quick: bool) -> str:
    """The first value found, as text; of a rest_of column the kind of what it keeps."""
    if column.rest_of:
        return f"nullif(json_type(text, {quote(json_path(column.rest_of))}), 'NULL')"
    found = [_found(column, path, table, is_quick) for path in column.paths]
    found += [_gathered(prefix) for prefix in column.prefixes]
    return f"coalesce({', '.join([*found, 'cast(null as varchar)'])})"


def _gathered(prefix: str) -> str:
    """The fields whose names begin so, as one JSON object: {"param_a": 1} is {"a": 1}."""
    place = """'$."' || name || '"'"""
    # Only plain names, as others would break the path; they stay in `_extra`.
    is_gathered = (
        f"regexp_full_match(name, {quote(_escaped(prefix) + '[A-Za-z0-9_]+')}) "
        f"and json_type(text, {place}) <> 'NULL'"
    )
    member = (
        f"cast(to_json(name[{len(prefix) + 1}:]) as varchar) || ':' || json_extract(text, {place})"
    )
    names = f"list_filter(json_keys(text), lambda name: {is_gathered})"
    members = f"array_to_string(list_transform({names}, lambda name: {member}), ',')"
    return f"case when {_has_prefix(prefix)} then '{{' || nullif({members}, '') || '}}' end"


def _has_prefix(prefix: str) -> str:
    """Whether the record may have fields whose names begin so; cheap."""
    return f"contains(text, {quote(json.dumps(prefix)[:-1])})"


def _value(column: Column) -> str:
    """The typed value; null when it is absent or does not fit."""
    if column.rest_of:
        inner = f"json_extract(left_over, {quote(json_path(column.rest_of))})"
        kept = f"nullif(cast({inner} as varchar), '{{}}')"
        return f"case when json_type({inner}) = 'OBJECT' then {kept} end"
    return _cast(column, ident("raw " + column.name))


def _misfit(column: Column) -> str:
    """Whether a value was found that does not fit the column."""
    raw = ident("raw " + column.name)
    if column.rest_of:
        return f"{raw} <> 'OBJECT'"
    return f"{raw} is not null and {ident(column.name)} is null"


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
        day = f"coalesce(try_cast({raw} as date), cast(try_strptime({raw}, '%Y%m%d') as date))"
        return f"case when isfinite({day}) then {day} end"
    if kind == "bigint":
        whole = f"try_cast({raw} as double) = floor(try_cast({raw} as double))"
        return f"case when {whole} then try_cast({raw} as bigint) end"
    typed = f"try_cast({raw} as {kind})"
    return f"case when isfinite({typed}) then {typed} end" if kind == "double" else typed


def _timestamp(raw: str) -> str:
    """Epoch seconds, milli- or microseconds by size, else ISO 8601, UTC unless it says a zone."""
    number = f"try_cast({raw} as decimal(38, 6))"
    scale = (
        f"case when abs({number}) < {SECONDS_BELOW} then 1000000 "
        f"when abs({number}) < {MILLIS_BELOW} then 1000 "
        f"when abs({number}) < {MICROS_BELOW} then 1 end"
    )
    instant = f"try_cast({raw} as timestamptz)"
    usual = f"try_strptime({raw}, [{', '.join(map(quote, USUAL_TIMES))}])"
    return (
        # What begins with a letter is kept off: strptime takes "infinity" for 1900.
        f"coalesce(case when {raw} between '0' and ':' then {usual} end, "
        # The calendar that a cast from one type of timestamp to the other asks is slow.
        f"case when isfinite({instant}) then make_timestamp(epoch_us({instant})) "
        f"when regexp_full_match({raw}, {quote(NUMBER)}) "
        f"then make_timestamp(cast(round({number} * {scale}) as bigint)) end)"
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
    text = f"'{{' || array_to_string(list_transform({pairs}, lambda pair: {member}), ',') || '}}'"
    flat = f"case when json_valid({text}) then {text} end"
    return f"case json_type({value}) when 'ARRAY' then {flat} else {value} end"


def taken_paths(table: Table, children: list[Table]) -> list[FieldPath]:
    """The places that columns, child tables and an exact recognition take out of a record."""
    children_paths = [child.nested_in.path for child in children if child.nested_in]
    return [*_own_paths(table), *children_paths]


def _plain_steps(path: FieldPath) -> FieldPath:
    """A path up to its first index into a list."""
    return tuple(itertools.takewhile(lambda step: not step.isdigit(), path))


def _without(text: str, paths: list[FieldPath]) -> str:
    """SQL of an object without the fields at some paths; a path takes in those that go on."""
    patch: dict[str, Any] = {}
    for steps in sorted({_plain_steps(path) for path in paths}, key=len):
        node: dict[str, Any] | None = patch
        for step in steps[:-1]:
            node = None if node is None else node.setdefault(step, {})
        if node is not None:
            node[steps[-1]] = None
    if not patch:
        return text
    removal = quote(json.dumps(patch, separators=(",", ":")))
    return f"cast(json_merge_patch({text}, {removal}) as varchar)"


def _pruned(text: str, paths: list[FieldPath]) -> str:
    """SQL that drops the parents that taking fields away has emptied, or even made."""
    names = sorted({step for path in paths for step in _plain_steps(path)[:-1]})
    if not names:
        return text
    empty = f'"({"|".join(_escaped(name) for name in names)})":\\{{\\}}'
    left = text
    for _ in range(max(len(path) for path in paths) - 1):
        left = f"regexp_replace({left}, {quote(empty + ',')}, '', 'g')"
        left = f"regexp_replace({left}, {quote(',?' + empty)}, '', 'g')"
    return f"case when contains({text}, ':{{}}') then {left} else {text} end"


def _is_odd(table: Table, children: list[Table], is_quick: bool) -> str:
    """Whether taking every path away would lose something.

    So it is when two places of one column differ, when a text or a list stands where a path leads
    on, or when a list is read by index.
    """
    odd = []
    for column in table.columns:
        own = [path for path in column.paths if path[0] not in OUTER]
        found = [_found(column, path, table, is_quick) for path in own]
        odd += [_has_prefix(prefix) for prefix in column.prefixes]
        odd += [f"coalesce({text} <> coalesce({', '.join(found)}), false)" for text in found[1:]]
    for key, value in table.exact_fields.items():
        odd.append(f"coalesce({_text_at((key,), table)} <> {quote(value)}, false)")
    paths = taken_paths(table, children)
    onward = {path[:end] for path in paths for end in range(1, len(path))}
    checked = {column.rest_of for column in table.columns if column.rest_of}
    odd += _kinds(sorted(onward - set(paths) - checked), "OBJECT")
    odd += _kinds([child.nested_in.path for child in children if child.nested_in], "ARRAY")
    return " or ".join(odd) or "false"


def _kinds(paths: list[FieldPath], expected: str) -> list[str]:
    """SQL conditions: another kind of value stands at one of the paths."""
    if not paths:
        return []
    kinds = f"json_type(text, [{', '.join(quote(json_path(path)) for path in paths)}])"
    others = f"list_filter({kinds}, lambda kind: kind not in ('NULL', {quote(expected)}))"
    return [f"len({others}) > 0"]


def _escaped(name: str) -> str:
    return "".join(
        character if character.isalnum() or character == "_" else f"\\{character}"
        for character in name
    )
