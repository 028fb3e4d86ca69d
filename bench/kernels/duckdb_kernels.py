"""The kernels in DuckDB.

All but retention have the formulations of the models: `int_event_copies`, `int_session_spans`, the
macro `funnel_chain`, `journey_paths` and `feature_pairs`. The models key events by a hash of source
and id, and visitors by one of source and device; so do these. Two ids with one hash cost a row in
the ranking and nothing else. Retention has a bit for each day, where the models join; pairs
numbers the names first.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb

from bench.kernels import FUNNEL, run
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

# A step belongs to the latest entry from which it can be reached.
FUNNEL_STEP = """
reached_{step} as (
    select later.person_key, later.occurred_at, earlier.entered_at
    from (select * from step_events where step_number = {step}) as later
    asof join reached_{before} as earlier
        on
            later.person_key = earlier.person_key
            and later.occurred_at >= earlier.occurred_at
    where later.occurred_at <= earlier.entered_at + interval 7 days
)"""


def _funnel() -> str:
    later = [FUNNEL_STEP.format(step=step, before=step - 1) for step in range(2, len(FUNNEL) + 1)]
    chain = ",".join(later)
    names = ", ".join(f"('{name}', {step}::utinyint)" for step, name in enumerate(FUNNEL, 1))
    counts = "\nunion all\n".join(
        f"select {step} as step_number, count(distinct person_key) as person_count"
        f" from reached_{step}"
        for step in range(1, len(FUNNEL) + 1)
    )
    return f"""
with

steps (event_name, step_number) as (
    values {names}
),

step_events as materialized (
    select person_key, step_number, occurred_at
    from '{{events}}'
    inner join steps using (event_name)
),

reached_1 as (
    select person_key, occurred_at, occurred_at as entered_at
    from step_events
    where step_number = 1
),
{chain}

select * from (
{counts}
)
where person_count > 0
"""


RETENTION = """
with

days as (
    select person_key, bit_or(1::bigint << (event_date - date '2025-01-01')) as days
    from '{events}'
    group by 1
),

starts as (
    select days & -days as start_day, days, count(*) as person_count
    from days
    group by 1, 2
),

returns as (
    select
        date '2025-01-01' + bit_count(start_day - 1)::integer as start_date,
        unnest(range(bit_count(start_day - 1), 62)) - bit_count(start_day - 1) as day_number,
        days >> bit_count(start_day - 1) as days,
        person_count
    from starts
)

select start_date, day_number, sum(person_count)::bigint as person_count
from returns
where (days >> day_number) & 1 = 1
group by 1, 2
"""

PATHS = """
with

codes as (
    select event_name, row_number() over (order by event_name) as code
    from (select distinct event_name from '{events}')
),

steps as (
    select
        events.person_key,
        events.event_date,
        codes.code,
        events.occurred_at,
        events.event_id,
        lag(codes.code) over in_time as previous_code
    from '{events}' as events
    inner join codes using (event_name)
    window in_time as (
        partition by events.person_key, events.event_date
        order by events.occurred_at, events.event_id
    )
),

numbered as (
    select
        person_key,
        event_date,
        code,
        row_number() over (
            partition by person_key, event_date order by occurred_at, event_id
        ) as step_number
    from steps
    where previous_code is distinct from code
),

packed as (
    select bit_or(code << (8 * (step_number - 1))) as path_code
    from numbered
    where step_number <= 8
    group by person_key, event_date
),

counted as (
    select path_code, count(*) as day_count
    from packed
    group by 1
)

select
    concat_ws(
        ' > ', step_1.event_name, step_2.event_name, step_3.event_name, step_4.event_name,
        step_5.event_name, step_6.event_name, step_7.event_name, step_8.event_name
    ) as path,
    day_count
from counted
left join codes as step_1 on path_code & 255 = step_1.code
left join codes as step_2 on (path_code >> 8) & 255 = step_2.code
left join codes as step_3 on (path_code >> 16) & 255 = step_3.code
left join codes as step_4 on (path_code >> 24) & 255 = step_4.code
left join codes as step_5 on (path_code >> 32) & 255 = step_5.code
left join codes as step_6 on (path_code >> 40) & 255 = step_6.code
left join codes as step_7 on (path_code >> 48) & 255 = step_7.code
left join codes as step_8 on (path_code >> 56) & 255 = step_8.code
"""

PAIRS = """
with

codes as (
    select event_name, (row_number() over (order by event_name))::utinyint as code
    from (select distinct event_name from '{events}')
),

uses as (
    select distinct person_key, code
    from '{events}'
    inner join codes using (event_name)
),

counted as (
    select uses.code, others.code as other_code, count(*) as person_count
    from uses
    inner join uses as others
        on uses.person_key = others.person_key and uses.code < others.code
    group by 1, 2
)

select
    codes.event_name,
    others.event_name as other_event_name,
    person_count
from counted
inner join codes using (code)
inner join codes as others on counted.other_code = others.code
"""


def _copy(query: str, events: Path, result: Path) -> None:
    with duckdb.connect(config=SETTINGS | {"temp_directory": f"{result}.spill"}) as connection:
        connection.execute(
            f"copy ({query.format(events=events)}) to '{result}'"
            " (compression zstd, compression_level 1)"
        )


QUERIES = {
    "dedupe": DEDUPE,
    "sessionise": SESSIONISE,
    "funnel": _funnel(),
    "retention": RETENTION,
    "paths": PATHS,
    "pairs": PAIRS,
}
KERNELS = {name: partial(_copy, query) for name, query in QUERIES.items()}

if __name__ == "__main__":
    run(KERNELS)
