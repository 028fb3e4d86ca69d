"""Rows on their way to the landing zone: kept until the day they land, then written as one file."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa

from headwater.landing.contract import Table
from headwater.landing.write import landed_file, write_rows
from headwater.simulate.deliver import REJECT_REASONS, Flaw
from headwater.simulate.people import Array

_REJECTED = [int(flaw) for flaw in REJECT_REASONS]


@dataclass
class LandedFlaws:
    """Where flawed rows ended up, and the counts of a file; one element each per flawed row."""

    source: str
    landed_date: date
    file_name: str
    row_count: int
    row_number: Array
    flaw: Array
    out_of_order_count: int

    def count(self, *flaws: int) -> int:
        """Rows of the file with one of these flaws."""
        return int(np.isin(self.flaw, flaws).sum())

    @property
    def rejected_count(self) -> int:
        """Rows that no one can use."""
        return self.count(*_REJECTED)


@dataclass
class LandingWriter:
    """Writes each table's rows on the day they land; one thread writes while the next day is drawn.

    Use it as a context manager, so that every file is in place when the block ends.
    """

    root: Path
    start: date
    _waiting: dict[tuple[str, int], list[tuple[pa.Table, Array, Array]]] = field(
        default_factory=dict
    )
    _writes: list[Future[None]] = field(default_factory=list)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def add(
        self, table: Table, rows: pa.Table, landed_day: Array, flaw: Array, occurred: Array
    ) -> None:
        """Take rows of a table in, each to land on its day.

        Args:
            table: where they belong.
            rows: the vendor's columns.
            landed_day: shape (rows,), days from the start, in order.
            flaw: shape (rows,), codes of Flaw.
            occurred: shape (rows,), event times, to count rows out of order.
        """
        edges = np.flatnonzero(np.diff(landed_day, prepend=-1, append=2**40))
        for first, last in pairwise(edges):
            waiting = self._waiting.setdefault((table.source, int(landed_day[first])), [])
            part = slice(first, last)
            waiting.append((rows.slice(first, last - first), flaw[part], occurred[part]))

    def land(self, table: Table, day: int) -> LandedFlaws | None:
        """Write what lands on a day, None if nothing does."""
        parts = self._waiting.pop((table.source, day), [])
        if not parts:
            return None
        landed = self.start + timedelta(days=day)
        name = f"lumen-boards/{table.source}/{landed.isoformat()}.ndjson"
        # Parts have dictionaries of their own; one for all is smaller, and always the same bytes.
        rows = pa.concat_tables([part[0] for part in parts]).unify_dictionaries().combine_chunks()
        rows = with_landing_columns(rows, landed, name)
        self.write(
            rows, table, landed_file(self.root, table, landed, f"simulated-{landed.isoformat()}")
        )
        flaw, occurred = (np.concatenate([part[i] for part in parts]) for i in (1, 2))
        flawed = np.flatnonzero(flaw != Flaw.NONE)
        return LandedFlaws(
            source=table.source,
            landed_date=landed,
            file_name=name,
            row_count=len(flaw),
            row_number=flawed + 1,
            flaw=flaw[flawed],
            out_of_order_count=int((np.diff(occurred) < 0).sum()),
        )

    def write(self, rows: pa.Table, table: Table, target: Path) -> None:
        """Write one file in the background, waiting first while eight others are under way."""
        self._writes = [write for write in self._writes if not _finished(write)]
        if len(self._writes) >= 8:
            self._writes.pop(0).result()
        self._writes.append(self._pool.submit(write_rows, rows, table, target))

    def __enter__(self) -> LandingWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=error is not None)
        for write in self._writes:
            if not write.cancelled():
                write.result()


def with_landing_columns(rows: pa.Table, landed: date, file_name: str) -> pa.Table:
    """Rows with file, row number and the last instant of the day they landed on."""
    end = np.datetime64(landed + timedelta(days=1), "us") - np.timedelta64(1, "us")
    return (
        rows.append_column("_landed_at", pa.array(np.full(len(rows), end)))
        .append_column(
            "_file",
            pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), [file_name]),
        )
        .append_column("_row", pa.array(np.arange(1, len(rows) + 1)))
    )


def _finished(write: Future[None]) -> bool:
    if write.done():
        write.result()
        return True
    return False
