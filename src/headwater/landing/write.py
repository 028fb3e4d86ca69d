"""Typed Parquet files, put in place atomically.

A landed file is `<root>/<source>/<table>/[landed_date=YYYY-MM-DD/]<name>.parquet`. It appears whole
or not at all: it is written beside its place under a dotted name that no reader matches, then
renamed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from headwater.landing.contract import Table

ROW_GROUP_ROWS = 122_880  # DuckDB's own row group: a scan is split between threads without rest
ROW_GROUP_BYTES = 256 * 2**20  # wide rows make smaller groups, so that memory stays bounded
SAMPLE_ROWS = 8_192
EMPTY_DATE = date(1970, 1, 1)
SIMULATED_MARKER = (
    "simulated.json"  # in a landing root: the simulator wrote it, with these settings
)


def table_folder(root: Path, table: Table) -> Path:
    """Where all files of a table lie."""
    return root / table.source / table.name


def landed_file(root: Path, table: Table, landed_date: date, name: str) -> Path:
    """Place of one landed file; only partitioned tables have a folder per landed day."""
    folder = table_folder(root, table)
    if table.partitioned:
        folder /= f"landed_date={landed_date.isoformat()}"
    return folder / f"{name}.parquet"


def conform(rows: pa.Table, table: Table) -> pa.Table:
    """Give rows the table's columns, order and types.

    Args:
        rows: any subset of the table's columns; absent ones become typed NULL.
        table: the contract to meet.

    Raises:
        ValueError: a column is not in the contract, or its values do not fit the type.
    """
    if unknown := set(rows.column_names) - set(table.schema.names):
        raise ValueError(
            f"{table.source}.{table.name}: columns {sorted(unknown)} are not in its contract."
        )
    columns = []
    for field in table.schema:
        if field.name not in rows.column_names:
            columns.append(pa.nulls(len(rows), field.type))
            continue
        column = rows.column(field.name)
        encoded = pa.types.is_dictionary(column.type) and column.type.value_type == field.type
        columns.append(column if encoded else column.cast(field.type))
    return pa.table(columns, names=table.schema.names)


class RowGroups:
    """A landed file in the making: rows come in as they are read, full row groups go to a draft.

    As a context it throws the draft away when something goes wrong, such as a full disk.
    """

    def __init__(self, table: Table, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self.table, self.target = table, target
        self.draft = target.with_name(f".{target.name}.{os.getpid()}")
        self._waiting: list[pa.Table] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            with suppress(OSError):
                if self._writer is not None:
                    self._writer.close()
            self.discard()

    def add(self, rows: pa.Table) -> None:
        """Take in rows of any number."""
        rows = conform(rows, self.table)
        self._waiting.append(rows)
        self._waiting_rows += len(rows)
        self._waiting_bytes += rows.nbytes
        is_wide = self._waiting_bytes >= ROW_GROUP_BYTES
        if not is_wide and self._waiting_rows < ROW_GROUP_ROWS:
            return
        rows = pa.concat_tables(self._waiting)
        full = len(rows) if is_wide else len(rows) // ROW_GROUP_ROWS * ROW_GROUP_ROWS
        self._write(rows.slice(0, full))
        rest = rows.slice(full)
        self._waiting = [rest]
        self._waiting_rows, self._waiting_bytes = len(rest), rest.nbytes

    def close(self) -> None:
        """Complete the draft."""
        rest = pa.concat_tables(self._waiting) if self._waiting else self.table.schema.empty_table()
        self._write(rest)
        if self._writer is not None:
            self._writer.close()

    def _write(self, rows: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self.draft,
                rows.schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=[name for name in rows.column_names if _repeats(rows[name])],
                store_schema=False,
            )
        self._writer.write_table(rows.cast(self._writer.schema), row_group_size=ROW_GROUP_ROWS)

    def publish(self) -> None:
        """Put the completed draft in its place, where readers see it whole."""
        self.draft.replace(self.target)

    def discard(self) -> None:
        """Throw the draft away."""
        self.draft.unlink(missing_ok=True)


def _repeats(values: pa.ChunkedArray) -> bool:
    """Whether values come again so often that a dictionary of them saves time and space."""
    if pa.types.is_dictionary(values.type):
        return True
    sample = values.slice(0, SAMPLE_ROWS)
    return bool(pc.count_distinct(sample).as_py() * 2 <= len(sample))


def write_rows(rows: pa.Table, table: Table, target: Path) -> None:
    """Write rows to `target`, atomically and in the contract's shape."""
    with RowGroups(table, target) as output:
        output.add(rows)
        output.close()
        output.publish()


def initialise(root: Path, contract_tables: list[Table]) -> None:
    """Give each table one empty typed file, so that every model builds whatever has landed."""
    for table in contract_tables:
        target = landed_file(root, table, EMPTY_DATE, "empty")
        write_rows(table.schema.empty_table(), table, target)
