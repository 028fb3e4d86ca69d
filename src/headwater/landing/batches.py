"""What becomes of a batch of records: typed rows by table, and what is rejected.

Lines are sorted by shape, that is by the fields they have: an export has millions of records and
few shapes, so Python looks at each shape once, and SQL does the rest. What no table takes as it is
may be an envelope, and is opened in Python. Nothing here writes, and batches may be worked on side
by side.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.landing.contract import Source, Table
from headwater.landing.leftovers import mended, value_at
from headwater.landing.records import BATCH_BYTES, LONGEST_LINE, Batch, Broken, parse
from headwater.landing.statements import Statements
from headwater.landing.typing_sql import (
    narrowed,
    nested_rows,
    nested_strays,
    opened,
    shapes,
    typed_rows,
    whole_fields,
)
from headwater.landing.unwrap import Unwrapped, unwrap

SORTED = """(
    select
        row_number,
        cast(null as bigint) as line,
        text,
        cast(null as varchar) as parent,
        cast(null as varchar) as envelope,
        is_plain
    from sorted
)"""
LINE = [("row_number", pa.int64()), ("text", pa.string())]
SLOTS = {
    "lines": pa.schema(LINE),
    "sorted": pa.schema([*LINE, ("is_plain", pa.bool_())]),
    "unwrapped": pa.schema(
        [
            *LINE,
            ("line", pa.int64()),
            ("parent", pa.string()),
            ("envelope", pa.string()),
            ("is_plain", pa.bool_()),
        ]
    ),
    "doubted": pa.schema([("_row", pa.int64())]),
}
UNWRAPPED = "(select * from unwrapped where json_valid(text))"


class Place(NamedTuple):
    """Where a record stands in its member of the file.

    `line` is set when the record shares an envelope on a line of JSONL with others; `row` then
    counts within the line.
    """

    row: int
    line: int | None = None


@dataclass(frozen=True)
class Reject:
    """What cannot be landed, where it stands and why."""

    place: Place
    reason: str
    detail: str
    payload: str | None
    table: Table | None = None
    field: str | None = None


@dataclass
class Outcome:
    """What became of a batch; `unknown_keys` are fields of records that no table takes."""

    member: str
    landed: list[tuple[Table, pa.Table]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    unknown_keys: set[str] = field(default_factory=set)
    unknown_count: int = 0


class _Opened(NamedTuple):
    """A record out of an envelope or a document, as JSON texts."""

    place: Place
    text: str
    envelope: str | None


class _Shape(NamedTuple):
    """What the fields of a record say about it."""

    table: str | None  # None: no table takes it as it is
    fields: Set[str] = frozenset()
    is_plain: bool = False  # columns take every field whole, so that nothing is left over


def work_out(
    statements: Statements,
    part: Batch | Broken,
    source: Source,
    forced: Table | None = None,
) -> Outcome:
    """Type the records of a batch, or reject what could not be read.

    Args:
        statements: with the slots SLOTS, on a connection whose time zone is UTC.
        part: what `read_records` yields.
        source: whose records they are.
        forced: the table every record belongs to; None to recognise each.
    """
    outcome = Outcome(part.member)
    if isinstance(part, Broken):
        reject = Reject(Place(part.row), part.reason, part.detail, part.payload)
        outcome.rejects.append(reject)
    else:
        _Worker(statements, source, forced, outcome).land(part)
        statements.empty()
    return outcome


class _Worker:
    """Works one batch out."""

    def __init__(
        self,
        statements: Statements,
        source: Source,
        forced: Table | None,
        outcome: Outcome,
    ) -> None:
        self.statements, self.source, self.forced = statements, source, forced
        self.outcome = outcome
        self._whole: dict[str, set[str]] = {}

    def land(self, batch: Batch) -> None:
        """Land what a table takes as it is straight from SQL, and open the rest in Python."""
        found: dict[str, list[_Opened]] = {}
        if batch.document is not None:
            inside = unwrap(batch.document, self.source, self.forced)
            for number, record in enumerate(inside, start=1):
                self._sort_in(found, Place(number), record)
        elif len(batch.rows):
            self._land_lines(batch, found)
        for name, records in found.items():
            for part in _in_parts(records):
                self._land_opened(self.source.tables[name], part)

    def _land_lines(self, batch: Batch, found: dict[str, list[_Opened]]) -> None:
        """Land the lines that a table takes as they are; open the others."""
        lines = pa.table({"row_number": batch.rows, "text": batch.texts})
        self.statements.put("lines", lines)
        seen = self.statements.run(shapes(self.source, "lines"))
        shape = seen["shape"].combine_chunks().dictionary_encode(null_encoding="encode")
        kinds = [self._shape(text) for text in shape.dictionary.to_pylist()]
        codes = shape.indices.to_numpy()
        for name in sorted({kind.table for kind in kinds if kind.table}):
            is_of = np.array([kind.table == name for kind in kinds])[codes]
            is_plain = np.array([kind.is_plain for kind in kinds])[codes]
            rows = lines.append_column("is_plain", pa.array(is_plain))
            rows = rows if is_of.all() else rows.filter(pa.array(is_of))
            self.statements.put("sorted", rows)
            fields = {key for kind in kinds if kind.table == name for key in kind.fields}
            self._land_rows(self.source.tables[name], SORTED, fields)
        is_left = np.array([kind.table is None for kind in kinds])[codes]
        if is_left.any():
            self._open_lines(lines.filter(pa.array(is_left)), found)

    def _shape(self, text: str | None) -> _Shape:
        """Judge a text of `shapes`."""
        keys, *values = map(json.loads, text.splitlines()) if text else [[]]
        if not keys:
            return _Shape(None)
        texts = dict(zip(self.source.text_marks, *values, strict=True)) if values else {}
        fields = {key: texts.get(key, True) for key in keys}
        table = self.source.recognise(fields)
        if self.forced and (table or not any(path[0] in fields for path in self.source.unwrap)):
            table = self.forced
        if table is None:
            return _Shape(None)
        is_plain = len(keys) == len(fields) and fields.keys() <= self._whole_fields(table)
        return _Shape(table.name, fields.keys(), is_plain)

    def _whole_fields(self, table: Table) -> set[str]:
        if table.name not in self._whole:
            self._whole[table.name] = whole_fields(table, self.source.children_of(table))
        return self._whole[table.name]

    def _open_lines(self, lines: pa.Table, found: dict[str, list[_Opened]]) -> None:
        self.statements.put("lines", lines)
        kinds = "case when json_valid(text) then json_type(text) end"
        unsorted = self.statements.fetch(f"select row_number, text, {kinds} from lines")
        for row, text, kind in unsorted:
            if kind is None:
                detail = f"The row is no JSON: {_json_error(text)}."
                self._reject(Place(row), "unreadable_row", detail, text)
            elif kind != "OBJECT":
                detail = f"A JSON {kind.lower()} stands where an object should be."
                self._reject(Place(row), "not_an_object", detail, text)
            else:
                self._open_line(found, row, text)

    def _open_line(self, found: dict[str, list[_Opened]], row: int, text: str) -> None:
        """Unwrap a line that no table takes as it is."""
        try:
            records = list(unwrap(parse(text), self.source, self.forced))
        except ValueError as error:
            detail = f"The row is not usable: {error}."
            self._reject(Place(row), "unreadable_row", detail, text)
            return
        for number, record in enumerate(records, start=1):
            place = Place(row) if len(records) == 1 else Place(number, row)
            self._sort_in(found, place, record)

    def _sort_in(self, found: dict[str, list[_Opened]], place: Place, unwrapped: Unwrapped) -> None:
        table, record, envelope = unwrapped
        if table is not None:
            text = json.dumps(record)
            if len(text) > LONGEST_LINE:
                detail = f"The record is longer than {LONGEST_LINE // 2**20} MiB."
                self._reject(place, "unreadable_row", detail, text)
                return
            outside = json.dumps(envelope) if envelope else None
            found.setdefault(table.name, []).append(_Opened(place, text, outside))
            return
        if not isinstance(record, dict):
            detail = f"A {type(record).__name__} stands where an object should be."
            self._reject(place, "not_an_object", detail, json.dumps(record))
            return
        self.outcome.unknown_count += 1
        self.outcome.unknown_keys.update(list(record)[:20])
        kind = record.get("object") or record.get("type")
        what = f"Its kind is {kind!r}" if isinstance(kind, str) else "Its fields fit no table"
        detail = f"{what}; {self.source.name} has the tables {', '.join(self.source.tables)}."
        self._reject(place, "unrecognised_record", detail, json.dumps(record))

    def _land_opened(self, table: Table, records: list[_Opened]) -> None:
        """Land records that came out of an envelope or a document."""
        columns = {
            "row_number": pa.array([record.place.row for record in records], pa.int64()),
            "line": pa.array([record.place.line for record in records], pa.int64()),
            "text": pa.array([record.text for record in records], pa.string()),
            "parent": pa.nulls(len(records), pa.string()),
            "envelope": pa.array([record.envelope for record in records], pa.string()),
            "is_plain": pa.repeat(False, len(records)),
        }
        self.statements.put("unwrapped", pa.table(columns, SLOTS["unwrapped"]))
        self._land_rows(table, UNWRAPPED)
        unread = "select row_number, line, text from unwrapped where not json_valid(text)"
        for row, line, text in self.statements.fetch(unread):
            detail = "The record holds text that is no Unicode; export it again."
            self._reject(Place(row, line), "unreadable_row", detail, text)

    def _land_rows(self, table: Table, relation: str, fields: set[str] | None = None) -> None:
        """Type the rows (columns RELATION) of a table, and of the tables nested in it.

        `fields` are all that the records have, None when that is not known.
        """
        children = self.source.children_of(table)
        looked_at = table
        if fields is not None:
            looked_at = narrowed(table, fields)
            children = [c for c in children if c.nested_in and c.nested_in.path[0] in fields]
        relation = opened(looked_at, children, relation)
        is_quick = fields is not None
        typed = self._typed(looked_at, children, relation, is_quick=is_quick)
        wrong = pc.is_valid(typed["_wrong"])
        if is_quick and pc.any(wrong).as_py():
            typed = self._judged_again(typed, wrong, looked_at, children, relation)
            wrong = pc.is_valid(typed["_wrong"])
        if pc.any(wrong).as_py():
            kept = ["_row", "_line", "_text", "_wrong"]
            for record in typed.filter(wrong).select(kept).to_pylist():
                self._reject_value(table, record)
            typed = typed.filter(pc.invert(wrong))
        fine = mended(typed, table, children).drop_columns(["_text", "_wrong", "_odd"])
        if len(fine):
            self.outcome.landed.append((table, fine))
        for child in children:
            self._land_rows(child, f"({nested_rows(child, relation)})")
            strays = self.statements.fetch(nested_strays(child, relation))
            for row, line, text in strays:
                detail = f"{text:.200} stands where an object of {child.name} should be."
                place = Place(row, line)
                self._reject(place, "not_an_object", detail, text, table=child)

    def _typed(
        self, table: Table, children: list[Table], relation: str, *, is_quick: bool = False
    ) -> pa.Table:
        query = typed_rows(table, children, relation, is_quick=is_quick)
        return self.statements.run(query)

    def _judged_again(
        self, typed: pa.Table, wrong: pa.Array, table: Table, children: list[Table], relation: str
    ) -> pa.Table:
        """The rows, those with a value that seemed not to fit looked at with more care."""
        doubted = typed.filter(wrong).select(["_row"])
        self.statements.put("doubted", doubted)
        some = f"(select * from {relation} where row_number in (select _row from doubted))"
        again = self._typed(table, children, some)
        return pa.concat_tables([typed.filter(pc.invert(wrong)), again]).sort_by("_row")

    def _reject_value(self, table: Table, record: dict[str, Any]) -> None:
        column = next(column for column in table.columns if column.name == record["_wrong"])
        content = parse(record["_text"])
        places = (column.rest_of,) if column.rest_of else column.paths
        found = next((v for path in places if (v := value_at(content, path)) is not None), None)
        kind = "object" if column.rest_of else column.data_type
        detail = (
            f"{column.name} is {found!r:.200}, which is no {kind}; "
            "correct the value, or the column's type in _sources.yml, and land the file again."
        )
        place = Place(record["_row"], record["_line"])
        text = record["_text"]
        self._reject(place, "invalid_value", detail, text, table=table, field_name=column.name)

    def _reject(
        self,
        place: Place,
        reason: str,
        detail: str,
        payload: str,
        *,
        table: Table | None = None,
        field_name: str | None = None,
    ) -> None:
        reject = Reject(place, reason, detail, payload, table, field_name)
        self.outcome.rejects.append(reject)


def _in_parts(records: list[_Opened]) -> Iterator[list[_Opened]]:
    """The records in parts of bounded size."""
    part: list[_Opened] = []
    size = 0
    for record in records:
        part.append(record)
        size += len(record.text)
        if size >= BATCH_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _json_error(text: str) -> str:
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return "it is not valid"
