{# What people did instead: the first event after the last step they reached, while the window was
   open. Events and last steps are put in one order of time, by person. The last step comes after
   its own event, so it does not follow itself. #}
{%- set from_the_last = 'partition by person_key'
    ~ ' order by occurred_us desc, event_id desc, is_step desc' %}
{%- set epoch = "timestamp '1970-01-01 00:00:00'" %}
with

funnels as (
    select * from {{ ref('funnels') }}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

entries as (
    select
        funnel_name,
        entry_event_id,
        cast(person_id as bigint) as person_key,
        furthest_step,
        entered_at
    from {{ ref('funnel_entries') }}
    where is_counted and is_mature and not is_converted
),

steps_reached as (
    select
        funnel_name,
        replace(cast(entry_event_id as string), '-', '') as entry_event_id,
        step_number,
        event_id,
        microseconds_since_entry
    from {{ ref('int_funnel_steps_reached') }}
),

dropped as (
    select
        entries.*,
        steps_reached.event_id,
        {{ microseconds_between(epoch, 'entries.entered_at') }}
        + steps_reached.microseconds_since_entry as occurred_us,
        {{ microseconds_between(epoch, 'entries.entered_at') }}
        + funnels.window_hours * cast(3600000000 as bigint) as closes_us
    from entries
    inner join funnels on entries.funnel_name = funnels.funnel_name
    inner join steps_reached
        on
            entries.funnel_name = steps_reached.funnel_name
            and entries.entry_event_id = steps_reached.entry_event_id
            and entries.furthest_step = steps_reached.step_number
),

events as (
    select
        event_id,
        event_name,
        device_key,
        user_key,
        checkout_key,
        {{ microseconds_between(epoch, 'occurred_at') }} as occurred_us
    from {{ ref('int_journey_events') }}
),

identified as (
    {{ with_person_key('events') }}
),

in_time as (
    select person_key, event_id, event_name, occurred_us, 0 as is_step
    from identified
    where person_key in (select dropped.person_key from dropped)
    union all
    select distinct person_key, event_id, cast(null as string), occurred_us, 1
    from dropped
),

followed as (
    select
        *,
        {{ last_known('event_name', from_the_last) }} as next_event_name,
        {{ last_known('case when is_step = 0 then occurred_us end', from_the_last) }} as next_us
    from in_time
),

step_names as (
    select funnel_name, step_number, step_name from {{ ref('int_funnel_step_bounds') }}
),

answered as (
    select
        dropped.funnel_name,
        dropped.furthest_step as last_step_number,
        dropped.person_key,
        case
            when followed.next_us <= dropped.closes_us then followed.next_event_name
            else '(nothing)'
        end as next_event_name,
        case
            when followed.next_us <= dropped.closes_us then followed.next_us - dropped.occurred_us
        end as microseconds
    from dropped
    inner join followed
        on
            dropped.person_key = followed.person_key
            and dropped.event_id = followed.event_id
            and followed.is_step = 1
),

counted as (
    select
        funnel_name,
        last_step_number,
        next_event_name,
        count(*) as entry_count,
        count(distinct person_key) as person_count,
        {{ quantile('microseconds', 0.5) }} as median_microseconds
    from answered
    group by 1, 2, 3
),

final as (
    select
        -- keys
        counted.funnel_name,
        counted.last_step_number,
        counted.next_event_name,
        -- attributes
        step_names.step_name as last_step_name,
        -- measures
        counted.entry_count,
        counted.person_count,
        cast(sum(counted.entry_count) over (
            partition by counted.funnel_name, counted.last_step_number
        ) as bigint) as dropped_count,
        counted.entry_count / cast(sum(counted.entry_count) over (
            partition by counted.funnel_name, counted.last_step_number
        ) as double) as entry_share,
        counted.median_microseconds / cast(1000000 as double) as median_seconds
    from counted
    inner join step_names
        on
            counted.funnel_name = step_names.funnel_name
            and counted.last_step_number = step_names.step_number
)

select * from final
