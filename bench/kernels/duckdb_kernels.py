"""The kernels in DuckDB, in the formulations of `int_event_copies` and `int_session_spans`.

The models key events by a hash of source and id, and visitors by one of source and device; so do
these. Two ids with one hash cost a row in the ranking and nothing else.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb

from bench.kernels import run
from bench.narrow_events import SETTINGS

DEDUPE = """
with

events as (
    select *, hash(source_name, event_id) as event_hash
    from '{events}'
),

repeated_keys as (
    select event_hash
    from events
    group by 1
    having count(*) > 1
),

ranked as (
    select
        landed_at,
        file_name,
        row_number_in_file,
        row_number() over (
            partition by source_name, event_id order by landed_at, file_name, row_number_in_file
        ) as copy_number
    from events
    semi join repeated_keys using (event_hash)
),

copies as (
    select * from ranked where copy_number > 1
)

select * exclude (event_hash)
from events
anti join copies using (landed_at, file_name, row_number_in_file)
"""

SESSIONISE = """
with

numbered as (
    select
        hash(source_name, device_id) as visitor_hash,
        occurred_at,
        lag(occurred_at) over (
            partition by visitor_hash order by occurred_at, event_id
        ) as previous_at,
        row_number() over (
            partition by visitor_hash order by occurred_at, event_id
        ) as event_number
    from '{events}'
),

flagged as (
    select
        *,
        case
            when previous_at is null or occurred_at > previous_at + interval 30 minutes
                then event_number
        end as first_number
    from numbered
),

assigned as (
    select
        *,
        max(first_number) over (
            partition by visitor_hash order by event_number rows unbounded preceding
        ) as session_number
    from flagged
),

counted as (
    select
        visitor_hash,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as event_count
    from assigned
    group by visitor_hash, session_number
),

visitors as (
    select distinct
        hash(source_name, device_id) as visitor_hash,
        source_name,
        device_id
    from '{events}'
)

select source_name, device_id, started_at, ended_at, event_count
from counted
inner join visitors using (visitor_hash)
"""


def _copy(query: str, events: Path, result: Path) -> None:
    with duckdb.connect(config=SETTINGS | {"temp_directory": f"{result}.spill"}) as connection:
        connection.execute(
            f"copy ({query.format(events=events)}) to '{result}'"
            " (compression zstd, compression_level 1)"
        )


KERNELS = {"dedupe": partial(_copy, DEDUPE), "sessionise": partial(_copy, SESSIONISE)}

if __name__ == "__main__":
    run(KERNELS)
