"""The kernels in ClickHouse's embedded form.

Tried and slower: `limit 1 by` and `argMin` for dedupe, windows for sessionise.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from chdb.session import Session

from bench.kernels import FUNNEL, run

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

FUNNEL_LEVELS = f"""
with

persons as (
    select
        person_key,
        windowFunnel(604800000000)(
            toUInt64(toUnixTimestamp64Micro(occurred_at)),
            {", ".join(f"event_name = '{name}'" for name in FUNNEL)}
        ) as level
    from file('{{events}}', Parquet)
    where event_name in {FUNNEL}
    group by 1
)

select
    arrayJoin(range(1, level + 1)) as step_number,
    count() as person_count
from persons
group by 1
"""

RETENTION = """
with

persons as (
    select
        arraySort(groupUniqArray(toInt32(toDate32(event_date)))) as days,
        days[1] as start_day
    from file('{events}', Parquet)
    group by person_key
)

select
    toDate32(start_day) as start_date,
    arrayJoin(days) - start_day as day_number,
    count() as person_count
from persons
group by 1, 2
"""

PATHS = """
with

days as (
    select
        arraySlice(
            arrayCompact(
                arraySort(groupArray((occurred_at, UUIDToNum(event_id), event_name))).3
            ), 1, 8
        ) as steps
    from file('{events}', Parquet)
    group by person_key, event_date
)

select
    arrayStringConcat(steps, ' > ') as path,
    count() as day_count
from days
group by 1
"""

PAIRS = """
with

persons as (
    select arraySort(groupUniqArray(event_name)) as names
    from file('{events}', Parquet)
    group by person_key
)

select
    name as event_name,
    arrayJoin(arraySlice(names, place + 1)) as other_event_name,
    count() as person_count
from persons
array join names as name, arrayEnumerate(names) as place
group by 1, 2
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


QUERIES = {
    "dedupe": DEDUPE,
    "sessionise": SESSIONISE,
    "funnel": FUNNEL_LEVELS,
    "retention": RETENTION,
    "paths": PATHS,
    "pairs": PAIRS,
}
KERNELS = {name: partial(_write, query) for name, query in QUERIES.items()}

if __name__ == "__main__":
    run(KERNELS)
