"""The kernels in Polars: lazy, on the streaming engine.

Tried and slower: `unique` and `group_by` over sorted rows for dedupe, `over` for sessionise.
Set POLARS_MAX_THREADS before the start; Polars reads it when it is imported.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from bench.kernels import run

KEY, VISITOR = ["source_name", "event_id"], ["source_name", "device_id"]
LANDING = ["landed_at", "file_name", "row_number_in_file"]


def dedupe(events: Path, result: Path) -> None:
    """Rank only keys that occur twice, and leave out all but the first of each."""
    rows = pl.scan_parquet(events)
    key_hash = pl.struct(KEY).hash().alias("key_hash")
    repeated = rows.select(key_hash).group_by("key_hash").len().filter(pl.col("len") > 1)
    copies = (
        rows.with_columns(key_hash)
        .join(_ready(repeated), on="key_hash", how="semi")
        .select(*KEY, *LANDING)
        .sort(LANDING)
        .filter(~pl.struct(KEY).is_first_distinct())
        .select(LANDING)
    )
    _write(rows.join(_ready(copies), on=LANDING, how="anti"), result)


def sessionise(events: Path, result: Path) -> None:
    """Sort by visitor and time, then a session starts where either differs enough."""
    rows = pl.scan_parquet(events).select(*VISITOR, "occurred_at", "event_id")
    visitor_hash, time = pl.col("visitor_hash"), pl.col("occurred_at")
    starts = (visitor_hash != visitor_hash.shift()) | (time.diff() > timedelta(minutes=30))
    sessions = (
        rows.with_columns(pl.struct(VISITOR).hash().alias("visitor_hash"))
        .sort("visitor_hash", "occurred_at", "event_id")
        .with_columns(starts.fill_null(True).cum_sum().alias("session_number"))
        .group_by("session_number")
        .agg(
            pl.col(VISITOR).first(),
            time.min().alias("started_at"),
            time.max().alias("ended_at"),
            pl.len().alias("event_count"),
        )
        .drop("session_number")
    )
    _write(sessions, result)


def _ready(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Found now: as part of one plan the same steps took more CPU and more memory."""
    return rows.collect(engine="streaming").lazy()


def _write(rows: pl.LazyFrame, result: Path) -> None:
    rows.sink_parquet(result, compression="zstd", compression_level=1, engine="streaming")


KERNELS = {"dedupe": dedupe, "sessionise": sessionise}

if __name__ == "__main__":
    run(KERNELS)
