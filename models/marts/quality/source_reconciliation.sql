{# Two tools that record the same button give two events for one press. An action counts as seen
   twice when another source has it of the same person within `reconciliation_tolerance_seconds`.
   Only the last `reconciliation_days` are looked at, and of them only the events of persons who
   were in several sources within a day: few are read, and the cost does not grow with history. #}
{%- set tolerance = "interval '" ~ var('reconciliation_tolerance_seconds') ~ "' second" %}
with

last_day as (
    select max(event_date) as event_date from {{ ref('lifecycle_by_day') }}
),

persons as (
    select identifier_key, person_id from {{ ref('int_person_identifiers') }}
),

visitor_days as (
    select distinct
        visitor_hours.source_name,
        visitor_hours.visitor_id,
        visitor_hours.device_key,
        visitor_hours.user_key,
        visitor_hours.checkout_key,
        visitor_hours.event_date
    from {{ ref('int_visitor_hours') }} as visitor_hours
    cross join last_day
    where visitor_hours.event_date > last_day.event_date - {{ var('reconciliation_days') }}
),

person_days as (
    select
        visitor_days.source_name,
        visitor_days.visitor_id,
        coalesce(visitor_days.user_key, 0) as user_key,
        coalesce(visitor_days.checkout_key, 0) as checkout_key,
        visitor_days.event_date,
        min(coalesce(users.person_id, checkouts.person_id, devices.person_id)) as person_id
    from visitor_days
    left join persons as users on visitor_days.user_key = users.identifier_key
    left join persons as checkouts on visitor_days.checkout_key = checkouts.identifier_key
    left join persons as devices on visitor_days.device_key = devices.identifier_key
    group by 1, 2, 3, 4, 5
),

with_near_days as (
    select
        *,
        min(source_name) over near_days as first_source_name,
        max(source_name) over near_days as last_source_name
    from person_days
    window near_days as (
        partition by person_id
        order by event_date
        range between interval '1' day preceding and interval '1' day following
    )
),

shared_days as (
    select * from with_near_days
    where first_source_name != last_source_name
),

identified as (
    select
        shared_days.person_id,
        events.source_name,
        events.event_name,
        events.event_date,
        events.occurred_at
    from {{ ref('int_events') }} as events
    inner join shared_days
        on
            events.event_date = shared_days.event_date
            and events.source_name = shared_days.source_name
            and events.visitor_id = shared_days.visitor_id
            and shared_days.checkout_key
            = coalesce({{ identifier_key("'checkout'", "''", 'events.checkout_id') }}, 0)
            and shared_days.user_key
            = coalesce(
                {{ identifier_key(login_type('events.source_name'), "''", 'events.user_id') }}, 0
            )
    where not events.is_bot
),

told_by_several as (
    select person_id, event_name
    from identified
    group by 1, 2
    having min(source_name) != max(source_name)
),

around as (
    select
        identified.event_date,
        identified.event_name,
        identified.source_name,
        min(identified.source_name) over tolerance as first_source_name,
        max(identified.source_name) over tolerance as last_source_name
    from identified
    inner join told_by_several
        on
            identified.person_id = told_by_several.person_id
            and identified.event_name = told_by_several.event_name
    window tolerance as (
        partition by identified.person_id, identified.event_name
        order by identified.occurred_at
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
        events.event_date,
        events.event_name,
        events.source_name,
        count(*) as event_count
    from {{ ref('int_events') }} as events
    cross join last_day
    where
        not events.is_bot
        and events.event_date > last_day.event_date - {{ var('reconciliation_days') }}
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
