"""The kernels in ClickHouse's embedded form.

Tried and slower: `limit 1 by` and `argMin` for dedupe, windows for sessionise.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from chdb.session import Session

from bench.kernels import run

# A hash may hold a key too many: the ranking is by the key itself.
DEDUPE = """
with

repeated_keys as (
    select sipHash64(source_name, event_id)
    from file('{events}', Parquet)
    group by 1
    having count() > 1
),

ranked as (
    select
        landed_at,
        file_name,
        row_number_in_file,
        row_number() over (
            partition by source_name, event_id order by landed_at, file_name, row_number_in_file
        ) as copy_number
    from file('{events}', Parquet)
    where sipHash64(source_name, event_id) in repeated_keys
),

copies as (
    select landed_at, file_name, row_number_in_file from ranked where copy_number > 1
)

select *
from file('{events}', Parquet)
where (landed_at, file_name, row_number_in_file) not in copies
"""

SESSIONISE = """
with

visitors as (
    select
        source_name,
        device_id,
        arraySort(groupArray((occurred_at, event_id))).1 as times
    from file('{events}', Parquet)
    group by 1, 2
)

select
    source_name,
    device_id,
    session[1] as started_at,
    session[-1] as ended_at,
    length(session) as event_count
from visitors
array join arraySplit(
    (time, gap) -> gap > 30 * 60 * 1000000,
    times,
    arrayDifference(arrayMap(time -> toUnixTimestamp64Micro(time), times))
) as session
"""

SETTINGS = """
settings
    max_threads = 2,
    max_memory_usage = 12000000000,
    max_bytes_before_external_group_by = 4000000000,
    max_bytes_before_external_sort = 4000000000,
    schema_inference_make_columns_nullable = 0,
    output_format_compression_level = 1,
    output_format_parquet_write_bloom_filter = 0
"""  # the input has no nulls, and the other engines write no filters of unique texts


def _write(query: str, events: Path, result: Path) -> None:
    with Session(f"{result}.session") as session:
        session.query(
            f"{query.format(events=events)} into outfile '{result}' format Parquet {SETTINGS}"
        )


KERNELS = {"dedupe": partial(_write, DEDUPE), "sessionise": partial(_write, SESSIONISE)}

if __name__ == "__main__":
    run(KERNELS)
