{# Two tools that record the same button give two events for one press. An action counts as seen
   twice when another source has it of the same person within `reconciliation_tolerance_seconds`.
   Only the last `reconciliation_days` are looked at, and only persons whom several sources know:
   the cost does not grow with history. #}
{%- set tolerance = "interval '" ~ var('reconciliation_tolerance_seconds') ~ "' second" %}
with

last_day as (
    select max(event_date) as event_date from {{ ref('lifecycle_by_day') }}
),

events as (
    select
        events.person_id,
        events.source_name,
        events.event_name,
        events.event_date,
        events.occurred_at
    from {{ ref('events') }} as events
    cross join last_day
    where
        not events.is_bot
        and events.event_date > last_day.event_date - {{ var('reconciliation_days') }}
),

told_by_several as (
    select person_id, event_name
    from events
    where person_id is not null
    group by 1, 2
    having min(source_name) != max(source_name)
),

around as (
    select
        events.source_name,
        events.event_name,
        events.event_date,
        min(events.source_name) over tolerance as first_source_name,
        max(events.source_name) over tolerance as last_source_name
    from events
    inner join told_by_several
        on
            events.person_id = told_by_several.person_id
            and events.event_name = told_by_several.event_name
    window tolerance as (
        partition by events.person_id, events.event_name
        order by events.occurred_at
        range between {{ tolerance }} preceding and {{ tolerance }} following
    )
),

seen_twice as (
    select
        event_date,
        event_name,
        source_name,
        count(*) as event_count
    from around
    where first_source_name != last_source_name
    group by 1, 2, 3
),

counted as (
    select
        event_date,
        event_name,
        source_name,
        count(*) as event_count,
        count(distinct person_id) as person_count
    from events
    group by 1, 2, 3
),

final as (
    select
        -- keys
        counted.source_name,
        -- attributes
        counted.event_name,
        -- measures
        counted.event_count,
        counted.person_count,
        coalesce(seen_twice.event_count, 0) as also_seen_count,
        cast(sum(counted.event_count) over action as bigint) - counted.event_count
            as other_event_count,
        count(*) over action as source_count,
        -- times
        counted.event_date
    from counted
    left join seen_twice
        on
            counted.event_date = seen_twice.event_date
            and counted.event_name = seen_twice.event_name
            and counted.source_name = seen_twice.source_name
    window action as (partition by counted.event_date, counted.event_name)
)

select * from final
