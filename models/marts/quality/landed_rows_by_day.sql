{# Each figure comes from its own relation, so that the balance can fail. #}
with

judged as (
    select source_name, landed_date
    from {{ ref('int_events_judged') }}
),

events as (
    select source_name, landed_date
    from {{ ref('int_events') }}
),

copies as (
    select source_name, landed_date
    from {{ ref('int_event_copies') }}
),

rejected as (
    select source_name, landed_date
    from {{ ref('rejected_events') }}
    where is_landed
),

counted as (
    select source_name, landed_date, 1 as landed, 0 as event, 0 as duplicate, 0 as rejected
    from judged
    union all
    select source_name, landed_date, 0, 1, 0, 0 from events
    union all
    select source_name, landed_date, 0, 0, 1, 0 from copies
    union all
    select source_name, landed_date, 0, 0, 0, 1 from rejected
),

final as (
    select
        source_name,
        cast(landed_date as date) as landed_date,
        cast(sum(landed) as bigint) as landed_count,
        cast(sum(event) as bigint) as event_count,
        cast(sum(duplicate) as bigint) as duplicate_count,
        cast(sum(rejected) as bigint) as rejected_count
    from counted
    group by 1, 2
)

select * from final
