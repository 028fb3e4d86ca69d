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
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headwater.landing.contract import Source, Table
from headwater.landing.leftovers import mended, value_at
from headwater.landing.records import Batch, Broken, in_parts, parse, read_records
from headwater.landing.typing_sql import nested_rows, nested_strays, quote, recognition, typed_rows
from headwater.landing.unwrap import unwrap
from headwater.landing.write import SIMULATED_MARKER, RowGroups, landed_file, table_folder

PAYLOAD_CHARACTERS = 10_000
MESSAGES_KEPT = 100
NOTES_KEPT = 2_000
UNWRAPPED = "(select * from unwrapped where json_valid(text))"


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
                    self._reject(part.member, part.row, part.reason, part.detail, part.payload)
                else:
                    self._land_batch(connection, part)
        self._finish()
        return self.report

    def _land_batch(self, connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        """Land what a table takes as it is straight from SQL, and open the rest in Python."""
        opened: dict[str, list[tuple[int, str]]] = {}
        if batch.document is not None:
            found = unwrap(batch.document, self.source, self.forced)
            for number, (table, record) in enumerate(found, start=1):
                self._sort_in(opened, batch.member, number, table, record)
        elif batch.rows:
            for name in self._sort_lines(connection, batch, opened):
                relation = f"(select * from sorted where table_name = {quote(name)})"
                self._land_rows(connection, self.source.tables[name], relation, batch.member)
        for name, records in opened.items():
            for part in in_parts(records):
                self._land_opened(connection, self.source.tables[name], part, batch.member)

    def _land_opened(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        records: list[tuple[int, str]],
        member: str,
    ) -> None:
        """Land records that came out of an envelope or a document."""
        rows, texts = zip(*records, strict=True)
        parents = pa.nulls(len(rows), pa.string())
        unwrapped = pa.table({"row_number": rows, "text": texts, "parent": parents})
        connection.register("unwrapped", unwrapped)
        self._land_rows(connection, table, UNWRAPPED, member)
        unread = connection.sql("select * from unwrapped where not json_valid(text)").fetchall()
        for row, text, _ in unread:
            detail = "The record holds text that is no Unicode; export it again."
            self._reject(member, row, "unreadable_row", detail, text)

    def _sort_lines(
        self,
        connection: duckdb.DuckDBPyConnection,
        batch: Batch,
        opened: dict[str, list[tuple[int, str]]],
    ) -> list[str]:
        """Put a batch of lines into the relation `sorted`; the names of the tables found in it."""
        connection.register("lines", pa.table({"row_number": batch.rows, "text": batch.texts}))
        forced = quote(self.forced.name) if self.forced else None
        named = forced or recognition(list(self.source.tables.values()))
        connection.execute(
            f"""
            create or replace temp table sorted as
            select *, case when kind = 'OBJECT' then {named} end as table_name
            from (
                select
                    row_number,
                    text,
                    cast(null as varchar) as parent,
                    case when json_valid(text) then json_type(text) end as kind
                from lines
            )
            """
        )
        unsorted = "select row_number, text, kind from sorted where table_name is null"
        for row, text, kind in connection.sql(unsorted).fetchall():
            if kind is None:
                detail = f"The row is no JSON: {_json_error(text)}."
                self._reject(batch.member, row, "unreadable_row", detail, text)
            elif kind != "OBJECT":
                detail = f"A JSON {kind.lower()} stands where an object should be."
                self._reject(batch.member, row, "not_an_object", detail, text)
            else:
                self._open_line(opened, batch.member, row, text)
        found = "select distinct table_name from sorted where table_name is not null order by 1"
        return [name for (name,) in connection.sql(found).fetchall()]

    def _open_line(
        self, opened: dict[str, list[tuple[int, str]]], member: str, row: int, text: str
    ) -> None:
        """Unwrap a line that no table takes as it is."""
        try:
            records = list(unwrap(parse(text), self.source, self.forced))
        except ValueError as error:
            self._reject(member, row, "unreadable_row", f"The row is not usable: {error}.", text)
            return
        for table, record in records:
            self._sort_in(opened, member, row, table, record)

    def _sort_in(
        self,
        opened: dict[str, list[tuple[int, str]]],
        member: str,
        row: int,
        table: Table | None,
        record: object,
    ) -> None:
        if table is not None:
            opened.setdefault(table.name, []).append((row, json.dumps(record)))
            return
        if not isinstance(record, dict):
            detail = f"A {type(record).__name__} stands where an object should be."
            self._reject(member, row, "not_an_object", detail, json.dumps(record))
            return
        self.unknown_count += 1
        self.unknown_keys.update(list(record)[:20])
        kind = record.get("object") or record.get("type")
        what = f"Its kind is {kind!r}" if isinstance(kind, str) else "Its fields fit no table"
        detail = f"{what}; {self.source.name} has the tables {', '.join(self.source.tables)}."
        self._reject(member, row, "unrecognised_record", detail, json.dumps(record))

    def _land_rows(
        self, connection: duckdb.DuckDBPyConnection, table: Table, relation: str, member: str
    ) -> None:
        """Type the rows (row_number, text, parent) of a table, and of the tables nested in it."""
        children = self.children[table.name]
        typed = connection.sql(typed_rows(table, children, relation)).to_arrow_table()
        wrong = pc.is_valid(typed["_wrong"])
        for record in typed.filter(wrong).select(["_row", "_text", "_wrong"]).to_pylist():
            self._reject_value(table, member, record)
        fine = mended(typed.filter(pc.invert(wrong)), table, children)
        self._write(table, fine.drop_columns(["_text", "_wrong", "_odd"]), member)
        for child in children:
            self._land_rows(connection, child, f"({nested_rows(child, relation)})", member)
            for row, text in connection.sql(nested_strays(child, relation)).fetchall():
                detail = f"{text:.200} stands where an object of {child.name} should be."
                self._reject(member, row, "not_an_object", detail, text, table=child)

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
            record["_row"],
            "invalid_value",
            detail,
            record["_text"],
            table=table,
            field_name=column.name,
        )

    def _reject(
        self,
        member: str,
        row: int,
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
            place = self._name(member) + (f", row {row}" if row else "")
            self.report.messages.append(f"{place}: {detail}")
        self.notes.append(
            {
                "source_name": self.source.name,
                "table_name": table.name if table else None,
                "reason": reason,
                "field": field_name,
                "detail": detail,
                "payload": payload and payload[:PAYLOAD_CHARACTERS],
                "_file": self._file(member),
                "_row": row,
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
        files = pa.repeat(self._file(member), len(rows))
        self._add(table, rows.append_column("_file", files), self.digest)

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
                    f"{table.name} ({', '.join(table.recognised_by)})"
                    for table in self.source.tables.values()
                    if table.recognised_by
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

    def _file(self, member: str) -> str:
        return f"{self._name(member)}#{self.digest[:8]}"

    def _name(self, member: str) -> str:
        return f"{self.file.name}/{member}" if member else self.file.name


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


def _json_error(text: str) -> str:
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return "it is not valid"
