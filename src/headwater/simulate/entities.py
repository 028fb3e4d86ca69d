"""Tables of things that change: versions land by month, each on the day it came about."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from headwater.landing.contract import Source, Table
from headwater.landing.write import landed_file
from headwater.simulate.billing import Ledger
from headwater.simulate.landing_writer import LandingWriter

MICROS = 1_000_000


def land_ledger(
    ledger: Ledger, source: str, contract: dict[str, Source], writer: LandingWriter, days: int
) -> None:
    """Write every table of a ledger.

    Args:
        ledger: rows by table; a table of another source is named with it: `google_ads.campaigns`.
        source: the source of tables named without one.
        contract: the landing contract by source.
        writer: takes the files.
        days: length of the horizon; rows of later days are not shown yet.
    """
    for name, rows in ledger.rows.items():
        owner, _, table = name.rpartition(".")
        _land_table(contract[owner or source].tables[table], rows, writer, days)


def _land_table(
    table: Table, rows: list[tuple[int, dict[str, Any]]], writer: LandingWriter, days: int
) -> None:
    months: dict[date, list[tuple[int, dict[str, Any]]]] = {}
    for day, columns in sorted(rows, key=lambda row: row[0]):
        if day < days:
            landed = writer.start + timedelta(days=day)
            months.setdefault(landed.replace(day=1), []).append((day, columns))
    for month, part in months.items():
        name = f"lumen-boards/{table.source}/{table.name}-{month:%Y-%m}.json"
        target = landed_file(writer.root, table, month, f"simulated-{month:%Y-%m}")
        writer.write(_arrow(table, part, writer.start, name), table, target)


def _arrow(
    table: Table, rows: list[tuple[int, dict[str, Any]]], start: date, file_name: str
) -> pa.Table:
    """Rows as the contract types them: times given in epoch seconds, dates in days since 1970."""
    names = {name for _, columns in rows for name in columns}
    if unknown := names - set(table.schema.names):
        raise ValueError(f"{table.source}.{table.name}: {sorted(unknown)} are not in its contract.")
    arrays = {}
    for field in table.schema:
        if field.name not in names:
            continue
        values = [columns.get(field.name) for _, columns in rows]
        if pa.types.is_timestamp(field.type):
            values = [None if value is None else value * MICROS for value in values]
            arrays[field.name] = pa.array(values, type=pa.int64()).cast(field.type)
        elif pa.types.is_date(field.type):
            arrays[field.name] = pa.array(values, type=pa.int32()).cast(field.type)
        elif pa.types.is_decimal(field.type):
            arrays[field.name] = pa.array(values, type=pa.float64()).cast(field.type)
        elif pa.types.is_string(field.type):
            arrays[field.name] = pa.array(
                [None if v is None else str(v) for v in values], type=field.type
            )
        else:
            arrays[field.name] = pa.array(values, type=field.type)
    first = np.datetime64(start, "us") - np.timedelta64(1, "us")
    landed = first + np.array([day + 1 for day, _ in rows]).astype("timedelta64[D]")
    arrays["_landed_at"] = pa.array(landed)
    arrays["_file"] = pa.repeat(file_name, len(rows))
    arrays["_row"] = pa.array(np.arange(1, len(rows) + 1))
    return pa.table(arrays)
