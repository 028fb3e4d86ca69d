"""`headwater land`: export files into the landing zone, whole or not at all, and each only once.

For each file: read records, find each record's table, type its fields, and write one Parquet file a
table under the file's own digest. A receipt, written last, says that the file is done; a run that
was killed leaves none, and the next run completes it.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from headwater.landing.batches import SLOTS, Outcome, Reject, work_out
from headwater.landing.contract import Source, Table
from headwater.landing.records import Batch, Broken, read_records
from headwater.landing.statements import Statements
from headwater.landing.write import SIMULATED_MARKER, RowGroups, landed_file, table_folder

PAYLOAD_CHARACTERS = 10_000
MESSAGES_KEPT = 100
NOTES_KEPT = 2_000
WORKERS = 2


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
        self.drafts = ExitStack()
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
        with self.drafts, duckdb.connect() as connection:
            # One thread for each of the workers. Two of the longest lines need most of the memory.
            connection.execute("set global memory_limit = '2GB'; set global threads = 1")
            work = partial(work_out, source=self.source, forced=self.forced)
            for outcome in _side_by_side(connection, work, self.file):
                self._take_in(outcome)
            self._finish()
        return self.report

    def _take_in(self, outcome: Outcome) -> None:
        """Write what became of a batch."""
        for table, rows in outcome.landed:
            self._write(table, rows, outcome.member)
        for reject in outcome.rejects:
            self._note(outcome.member, reject)
        self.unknown_count += outcome.unknown_count
        self.unknown_keys |= outcome.unknown_keys

    def _note(self, member: str, reject: Reject) -> None:
        """Note what cannot be landed, with where it stands and why."""
        self.report.rejected[reject.reason] = self.report.rejected.get(reject.reason, 0) + 1
        row, line = reject.place
        if len(self.report.messages) < MESSAGES_KEPT:
            where = self._name(member, line) + (f", row {row}" if row else "")
            self.report.messages.append(f"{where}: {reject.detail}")
        self.notes.append(
            {
                "source_name": self.source.name,
                "table_name": reject.table.name if reject.table else None,
                "reason": reject.reason,
                "field": reject.field,
                "detail": reject.detail,
                "payload": reject.payload and reject.payload[:PAYLOAD_CHARACTERS],
                "_file": self._file(member, line),
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
            self.outputs[key] = self.drafts.enter_context(RowGroups(table, target))
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


def _side_by_side(
    connection: duckdb.DuckDBPyConnection,
    work: Callable[[Statements, Batch | Broken], Outcome],
    file: Path,
) -> Iterator[Outcome]:
    """What becomes of the parts of a file, in their order; the next are worked on meanwhile."""
    idle: SimpleQueue[Statements] = SimpleQueue()
    for _ in range(WORKERS):
        cursor = connection.cursor()
        cursor.execute("set timezone = 'UTC'")
        idle.put(Statements(cursor, SLOTS))

    def work_with_any(part: Batch | Broken) -> Outcome:
        statements = idle.get()
        try:
            return work(statements, part)
        finally:
            idle.put(statements)

    waiting: deque[Future[Outcome]] = deque()
    with ThreadPoolExecutor(WORKERS) as workers:
        for part in read_records(file):
            waiting.append(workers.submit(work_with_any, part))
            if len(waiting) > WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]
