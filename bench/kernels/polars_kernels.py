"""The kernels in Polars: lazy, on the streaming engine.

Tried and slower: `unique` and `group_by` over sorted rows for dedupe, `over` for sessionise.
Set POLARS_MAX_THREADS before the start; Polars reads it when it is imported.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from bench.kernels import FUNNEL, run

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


def funnel(events: Path, result: Path) -> None:
    """A step belongs to the latest entry from which it can be reached."""
    rows = (
        pl.scan_parquet(events)
        .filter(pl.col("event_name").is_in(FUNNEL))
        .select("person_key", "event_name", "occurred_at")
        .collect(engine="streaming")
        .sort("occurred_at")
    )
    steps = [rows.filter(pl.col("event_name") == name).drop("event_name") for name in FUNNEL]
    reached = steps[0].with_columns(entered_at="occurred_at")
    counts = [reached["person_key"].n_unique()]
    for step in steps[1:]:
        reached = (
            step.join_asof(
                reached.rename({"occurred_at": "earlier_at"}),
                left_on="occurred_at",
                right_on="earlier_at",
                by="person_key",
                check_sortedness=False,
            )
            .filter(pl.col("occurred_at") <= pl.col("entered_at") + timedelta(days=7))
            .select("person_key", "occurred_at", "entered_at")
        )
        counts.append(reached["person_key"].n_unique())
    counted = pl.LazyFrame({"step_number": range(1, len(FUNNEL) + 1), "person_count": counts})
    _write(counted.filter(pl.col("person_count") > 0), result)


def retention(events: Path, result: Path) -> None:
    """Each person's days once, beside the first of them."""
    days = _ready(pl.scan_parquet(events).select("person_key", "event_date").unique())
    starts = days.group_by("person_key").agg(pl.col("event_date").min().alias("start_date"))
    returns = (
        days.join(starts, on="person_key")
        .group_by(
            "start_date",
            (pl.col("event_date") - pl.col("start_date")).dt.total_days().alias("day_number"),
        )
        .agg(pl.len().alias("person_count"))
    )
    _write(returns, result)


def paths(events: Path, result: Path) -> None:
    """Sort, drop repeats, and join the names of the first eight."""
    day, name = ["person_key", "event_date"], pl.col("event_name")
    is_same_day = pl.all_horizontal(pl.col(column) == pl.col(column).shift() for column in day)
    counted = (
        pl.scan_parquet(events)
        .with_columns(name.cast(pl.Categorical))
        .sort(*day, "occurred_at", "event_id")
        .filter(~(is_same_day & (name == name.shift())).fill_null(False))
        .group_by(day, maintain_order=True)
        .agg(name.head(8))
        .group_by(name.cast(pl.List(pl.String)).list.join(" > ").alias("path"))
        .agg(pl.len().alias("day_count"))
    )
    _write(counted, result)


def pairs(events: Path, result: Path) -> None:
    """Each person's names once, joined with themselves."""
    uses = _ready(pl.scan_parquet(events).select("person_key", "event_name").unique())
    both = (
        uses.join(uses, on="person_key", suffix="_other")
        .filter(pl.col("event_name") < pl.col("event_name_other"))
        .group_by("event_name", pl.col("event_name_other").alias("other_event_name"))
        .agg(pl.len().alias("person_count"))
    )
    _write(both, result)


def _ready(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Found now: as part of one plan the same steps took more CPU and more memory."""
    return rows.collect(engine="streaming").lazy()


def _write(rows: pl.LazyFrame, result: Path) -> None:
    rows.sink_parquet(result, compression="zstd", compression_level=1, engine="streaming")


KERNELS = {
    "dedupe": dedupe,
    "sessionise": sessionise,
    "funnel": funnel,
    "retention": retention,
    "paths": paths,
    "pairs": pairs,
}

if __name__ == "__main__":
    run(KERNELS)
