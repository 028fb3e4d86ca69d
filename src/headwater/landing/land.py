"""`headwater land`: export files into the landing zone, whole or not at all, and each only once.

For each file: read records, find each record's table, type its fields, and write one Parquet file a
table under the file's own digest. A receipt, written last, says that the file is done; a run that
was killed leaves none, and the next run completes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headwater.landing.contract import Source, Table
from headwater.landing.leftovers import mended, value_at
from headwater.landing.records import BATCH_BYTES, Batch, Broken, parse, read_records
from headwater.landing.typing_sql import (
    fields_seen,
    nested_rows,
    nested_strays,
    opened,
    quote,
    recognition,
    typed_rows,
)
from headwater.landing.unwrap import Unwrapped, unwrap
from headwater.landing.write import SIMULATED_MARKER, RowGroups, landed_file, table_folder

PAYLOAD_CHARACTERS = 10_000
MESSAGES_KEPT = 100
NOTES_KEPT = 2_000
UNWRAPPED = "(select * from unwrapped where json_valid(text))"


class Place(NamedTuple):
    """Where a record stands in its member of the file.

    `line` is set when the record shares an envelope on a line of JSONL with others; `row` then
    counts within the line.
    """

    row: int
    line: int | None = None


class Opened(NamedTuple):
    """A record out of an envelope or a document, as JSON texts."""

    place: Place
    text: str
    envelope: str | None


class LandingError(ValueError):
    """The call itself is wrong: an unknown source or table, or a file that is not there."""


@dataclass
class FileReport:
    """What became of one file: rows landed by table, rows rejected by reason.

    `messages` are the first hundred of the rejects, in words.
    """

    file: Path
    is_repeated: bool = False
    landed: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)


def land_files(
    source: Source,
    files: Sequence[Path],
    root: Path,
    rejects: Table,
    table_name: str | None = None,
    *,
    landed_at: datetime | None = None,
) -> Iterator[FileReport]:
    """Land files of one source, one after the other.

    Args:
        source: whose files they are.
        files: export files, plain or compressed.
        root: landing root.
        rejects: the contract of headwater.rejected_rows.
        table_name: the table all records belong to; None to recognise each.
        landed_at: UTC, now if not given.

    Yields:
        A report per file, as soon as it is done.

    Raises:
        LandingError: a file does not exist, the source has no such table, or the root is simulated.
    """
    if table_name is not None and table_name not in source.tables:
        raise LandingError(
            f"{source.name} has no table {table_name!r}; use one of {', '.join(source.tables)}."
        )
    if (root / SIMULATED_MARKER).exists():
        raise LandingError(
            f"{root} holds the simulated company, and real rows must not mix with it: "
            "choose another folder with --landing-root."
        )
    if missing := [file for file in files if not file.is_file()]:
        raise LandingError(f"{missing[0]} is not a file.")
    moment = (landed_at or datetime.now(UTC)).replace(tzinfo=None)
    for file in files:
        lander = _Lander(source, file, root, rejects, table_name=table_name, landed_at=moment)
        yield lander.land()


class _Lander:
    """Lands one file."""

    def __init__(
        self,
        source: Source,
        file: Path,
        root: Path,
        rejects: Table,
        *,
        table_name: str | None,
        landed_at: datetime,
    ) -> None:
        self.source, self.file, self.root, self.rejects = source, file, root, rejects
        self.forced = source.tables[table_name] if table_name else None
        self.landed_at = landed_at
        self.digest = _digest(file)
        part = f"{source.name}.{table_name}" if table_name else source.name
        self.name = f"{part}-{self.digest}"
        self.report = FileReport(file)
        self.notes: list[dict[str, Any]] = []
        self.outputs: dict[str, RowGroups] = {}
        self.children = {
            name: [t for t in source.tables.values() if t.nested_in and t.nested_in.parent == name]
            for name in source.tables
        }
        self.unknown_keys: set[str] = set()
        self.unknown_count = 0

    @property
    def receipt(self) -> Path:
        """The file that says that this one has landed."""
        return self.root / "headwater" / "receipts" / f"{self.name}.json"

    def land(self) -> FileReport:
        """Land the file unless it has landed before.

        A file of which nothing landed is read again: it was taken for another source's or table's,
        or the contract has learnt to read it since.
        """
        if self.receipt.exists() and json.loads(self.receipt.read_text("utf-8"))["landed"]:
            self.report.is_repeated = True
            return self.report
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'; set memory_limit = '1GB'; set threads = 2")
            for part in read_records(self.file):
                if isinstance(part, Broken):
                    self._reject(
                        part.member, Place(part.row), part.reason, part.detail, part.payload
                    )
                else:
                    self._land_batch(connection, part)
        self._finish()
        return self.report

    def _land_batch(self, connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        """Land what a table takes as it is straight from SQL, and open the rest in Python."""
        found: dict[str, list[Opened]] = {}
        if batch.document is not None:
            inside = unwrap(batch.document, self.source, self.forced)
            for number, record in enumerate(inside, start=1):
                self._sort_in(found, batch.member, Place(number), record)
        elif batch.rows:
            for name in self._sort_lines(connection, batch, found):
                relation = f"(select * from sorted where table_name = {quote(name)})"
                self._land_rows(connection, self.source.tables[name], relation, batch.member)
        for name, records in found.items():
            for part in _in_parts(records):
                self._land_opened(connection, self.source.tables[name], part, batch.member)

    def _land_opened(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        records: list[Opened],
        member: str,
    ) -> None:
        """Land records that came out of an envelope or a document."""
        columns = {
            "row_number": pa.array([record.place.row for record in records], pa.int64()),
            "line": pa.array([record.place.line for record in records], pa.int64()),
            "text": pa.array([record.text for record in records], pa.string()),
            "parent": pa.nulls(len(records), pa.string()),
            "envelope": pa.array([record.envelope for record in records], pa.string()),
        }
        connection.register("unwrapped", pa.table(columns))
        self._land_rows(connection, table, UNWRAPPED, member)
        unread = "select row_number, line, text from unwrapped where not json_valid(text)"
        for row, line, text in connection.sql(unread).fetchall():
            detail = "The record holds text that is no Unicode; export it again."
            self._reject(member, Place(row, line), "unreadable_row", detail, text)

    def _sort_lines(
        self, connection: duckdb.DuckDBPyConnection, batch: Batch, found: dict[str, list[Opened]]
    ) -> list[str]:
        """Put a batch of lines into the relation `sorted`; the names of the tables found in it."""
        connection.register("lines", pa.table({"row_number": batch.rows, "text": batch.texts}))
        named = recognition(self.source, self.forced)
        connection.execute(
            f"""
            create or replace temp table sorted as
            select *, case when kind = 'OBJECT' then {named} end as table_name
            from (select *, {fields_seen(self.source, "kind = 'OBJECT'")} from (
                select
                    row_number,
                    cast(null as bigint) as line,
                    text,
                    cast(null as varchar) as parent,
                    cast(null as varchar) as envelope,
                    case when json_valid(text) then json_type(text) end as kind
                from lines
            ))
            """
        )
        unsorted = "select row_number, text, kind from sorted where table_name is null"
        for row, text, kind in connection.sql(unsorted).fetchall():
            if kind is None:
                detail = f"The row is no JSON: {_json_error(text)}."
                self._reject(batch.member, Place(row), "unreadable_row", detail, text)
            elif kind != "OBJECT":
                detail = f"A JSON {kind.lower()} stands where an object should be."
                self._reject(batch.member, Place(row), "not_an_object", detail, text)
            else:
                self._open_line(found, batch.member, row, text)
        names = "select distinct table_name from sorted where table_name is not null order by 1"
        return [name for (name,) in connection.sql(names).fetchall()]

    def _open_line(self, found: dict[str, list[Opened]], member: str, row: int, text: str) -> None:
        """Unwrap a line that no table takes as it is."""
        try:
            records = list(unwrap(parse(text), self.source, self.forced))
        except ValueError as error:
            detail = f"The row is not usable: {error}."
            self._reject(member, Place(row), "unreadable_row", detail, text)
            return
        for number, record in enumerate(records, start=1):
            place = Place(row) if len(records) == 1 else Place(number, row)
            self._sort_in(found, member, place, record)

    def _sort_in(
        self, found: dict[str, list[Opened]], member: str, place: Place, unwrapped: Unwrapped
    ) -> None:
        table, record, envelope = unwrapped
        if table is not None:
            outside = json.dumps(envelope) if envelope else None
            found.setdefault(table.name, []).append(Opened(place, json.dumps(record), outside))
            return
        if not isinstance(record, dict):
            detail = f"A {type(record).__name__} stands where an object should be."
            self._reject(member, place, "not_an_object", detail, json.dumps(record))
            return
        self.unknown_count += 1
        self.unknown_keys.update(list(record)[:20])
        kind = record.get("object") or record.get("type")
        what = f"Its kind is {kind!r}" if isinstance(kind, str) else "Its fields fit no table"
        detail = f"{what}; {self.source.name} has the tables {', '.join(self.source.tables)}."
        self._reject(member, place, "unrecognised_record", detail, json.dumps(record))

    def _land_rows(
        self, connection: duckdb.DuckDBPyConnection, table: Table, relation: str, member: str
    ) -> None:
        """Type the rows (columns RELATION) of a table, and of the tables nested in it."""
        children = self.children[table.name]
        relation = opened(table, children, relation)
        typed = connection.sql(typed_rows(table, children, relation)).to_arrow_table()
        wrong = pc.is_valid(typed["_wrong"])
        kept = ["_row", "_line", "_text", "_wrong"]
        for record in typed.filter(wrong).select(kept).to_pylist():
            self._reject_value(table, member, record)
        fine = mended(typed.filter(pc.invert(wrong)), table, children)
        self._write(table, fine.drop_columns(["_text", "_wrong", "_odd"]), member)
        for child in children:
            self._land_rows(connection, child, f"({nested_rows(child, relation)})", member)
            for row, line, text in connection.sql(nested_strays(child, relation)).fetchall():
                detail = f"{text:.200} stands where an object of {child.name} should be."
                self._reject(member, Place(row, line), "not_an_object", detail, text, table=child)

    def _reject_value(self, table: Table, member: str, record: dict[str, Any]) -> None:
        column = next(column for column in table.columns if column.name == record["_wrong"])
        content = parse(record["_text"])
        places = (column.rest_of,) if column.rest_of else column.paths
        found = next((v for path in places if (v := value_at(content, path)) is not None), None)
        kind = "object" if column.rest_of else column.data_type
        detail = (
            f"{column.name} is {found!r:.200}, which is no {kind}; "
            "correct the value, or the column's type in _sources.yml, and land the file again."
        )
        self._reject(
            member,
            Place(record["_row"], record["_line"]),
            "invalid_value",
            detail,
            record["_text"],
            table=table,
            field_name=column.name,
        )

    def _reject(
        self,
        member: str,
        place: Place,
        reason: str,
        detail: str,
        payload: str | None,
        *,
        table: Table | None = None,
        field_name: str | None = None,
    ) -> None:
        """Note what cannot be landed, with where it stands and why."""
        self.report.rejected[reason] = self.report.rejected.get(reason, 0) + 1
        if len(self.report.messages) < MESSAGES_KEPT:
            where = self._name(member, place.line) + (f", row {place.row}" if place.row else "")
            self.report.messages.append(f"{where}: {detail}")
        self.notes.append(
            {
                "source_name": self.source.name,
                "table_name": table.name if table else None,
                "reason": reason,
                "field": field_name,
                "detail": detail,
                "payload": payload and payload[:PAYLOAD_CHARACTERS],
                "_file": self._file(member, place.line),
                "_row": place.row,
            }
        )
        if len(self.notes) >= NOTES_KEPT:
            self._write_notes()

    def _write_notes(self) -> None:
        """Hand on the rejects that have been noted so far."""
        names = [name for name in self.rejects.schema.names if name in self.notes[0]]
        fields = [self.rejects.schema.field(name) for name in names]
        self._add(self.rejects, pa.Table.from_pylist(self.notes, pa.schema(fields)), self.name)
        self.notes = []

    def _write(self, table: Table, rows: pa.Table, member: str) -> None:
        if not len(rows):
            return
        self.report.landed[table.name] = self.report.landed.get(table.name, 0) + len(rows)
        lines = rows["_line"].unique().to_pylist()
        names = pa.array([self._file(member, line) for line in lines], pa.string())
        positions = pc.index_in(rows["_line"], pa.array(lines, pa.int64()))
        rows = rows.drop_columns(["_line"]).append_column("_file", names.take(positions))
        self._add(table, rows, self.digest)

    def _add(self, table: Table, rows: pa.Table, name: str) -> None:
        moment = pa.scalar(self.landed_at, pa.timestamp("us"))
        rows = rows.append_column("_landed_at", pa.repeat(moment, len(rows)))
        key = f"{table.source}.{table.name}"
        if key not in self.outputs:
            target = landed_file(self.root, table, self.landed_at.date(), name)
            self.outputs[key] = RowGroups(table, target)
        self.outputs[key].add(rows)

    def _finish(self) -> None:
        """Put the drafts in place, but those that an earlier, killed run has already put there."""
        if self.unknown_count and not self.report.landed:
            self.report.messages.insert(
                0,
                f"{self.file}: none of its {self.unknown_count} records looks like "
                f"{self.source.name}. Fields seen: {', '.join(sorted(self.unknown_keys)[:12])}. "
                "Expected one of: "
                + "; ".join(
                    f"{table.name} ({', '.join(key for key, mark in marks.items() if mark)})"
                    for table in self.source.tables.values()
                    for marks in table.recognised_by[:1]
                ),
            )
        if self.notes:
            self._write_notes()
        for output in self.outputs.values():
            output.close()
        if self.receipt.exists():  # nothing landed then: what was rejected is judged anew
            for before in table_folder(self.root, self.rejects).rglob(f"{self.name}.parquet"):
                before.unlink()
        for output in self.outputs.values():
            if any(table_folder(self.root, output.table).rglob(output.target.name)):
                output.discard()
            else:
                output.publish()
        self.receipt.parent.mkdir(parents=True, exist_ok=True)
        done = {"file": self.file.name, "landed_at": self.landed_at.isoformat(), **self._counts()}
        draft = self.receipt.with_suffix(".draft")
        draft.write_text(json.dumps(done) + "\n", encoding="utf-8")
        draft.replace(self.receipt)

    def _counts(self) -> dict[str, dict[str, int]]:
        return {"landed": self.report.landed, "rejected": self.report.rejected}

    def _file(self, member: str, line: int | None) -> str:
        return f"{self._name(member, line)}#{self.digest[:8]}"

    def _name(self, member: str, line: int | None) -> str:
        # Filled up with zeros, so that the names sort as the lines stand.
        inside = [part for part in (member, f"line {line:09}" if line else "") if part]
        return "/".join([self.file.name, *inside])


def _in_parts(records: list[Opened]) -> Iterator[list[Opened]]:
    """The records in parts of bounded size."""
    part: list[Opened] = []
    size = 0
    for record in records:
        part.append(record)
        size += len(record.text)
        if size >= BATCH_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


def _json_error(text: str) -> str:
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return "it is not valid"
