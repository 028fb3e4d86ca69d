{# An entry counts or not by its funnel's rule for several attempts. It is mature once its window
   has closed: whoever has not gone further by then never will. #}
with

funnels as (
    select * from {{ ref('funnels') }}
),

funnel_lengths as (
    select funnel_name, max(step_number) as step_count
    from {{ ref('funnel_steps') }}
    where kind != 'excluded'
    group by 1
),

steps_reached as (
    select * from {{ ref('int_funnel_steps_reached') }}
),

persons as (
    select cast(person_id as bigint) as person_key, person_id, first_seen_date
    from {{ ref('persons') }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

entries as (
    select
        funnel_name,
        entry_event_id,
        min(person_key) as person_key,
        min(held_value) as held_value,
        max(step_number) as furthest_step,
        max(microseconds_since_entry) as longest_us
    from steps_reached
    group by 1, 2
),

entry_events as (
    select distinct
        event_id,
        platform,
        device_type,
        country,
        user_intent,
        content_category,
        surface,
        occurred_at,
        event_date
    from {{ ref('int_named_events') }}
    where event_id in (select entries.entry_event_id from entries)
),

breakdowns as (
    select
        steps_reached.funnel_name,
        steps_reached.entry_event_id,
        max(named_events.property_value) as breakdown_value
    from steps_reached
    inner join funnels
        on
            steps_reached.funnel_name = funnels.funnel_name
            and steps_reached.step_number = funnels.breakdown_step
    inner join {{ ref('int_named_events') }} as named_events
        on
            steps_reached.event_id = named_events.event_id
            and funnels.breakdown_property = named_events.property_name
    group by 1, 2
),

ranked as (
    select
        entries.*,
        entry_events.platform,
        entry_events.device_type,
        entry_events.country,
        entry_events.user_intent,
        entry_events.content_category,
        entry_events.surface,
        entry_events.occurred_at,
        entry_events.event_date,
        row_number() over (
            partition by entries.funnel_name, entries.person_key
            order by
                entries.furthest_step desc,
                entry_events.occurred_at asc,
                entries.entry_event_id asc
        ) as attempt_rank
    from entries
    inner join entry_events on entries.entry_event_id = entry_events.event_id
),

final as (
    select
        -- keys
        ranked.funnel_name,
        persons.person_id,
        replace(cast(ranked.entry_event_id as string), '-', '') as entry_event_id,
        -- attributes
        nullif(ranked.held_value, '') as held_value,
        breakdowns.breakdown_value,
        ranked.platform,
        ranked.device_type,
        ranked.country,
        ranked.user_intent,
        ranked.content_category,
        ranked.surface,
        {{ user_tenure('ranked.event_date', 'persons.first_seen_date') }} as user_tenure,
        -- measures
        ranked.furthest_step,
        case
            when ranked.furthest_step = funnel_lengths.step_count
                then ranked.longest_us / cast(1000000 as double)
        end as seconds_to_convert,
        -- flags
        ranked.furthest_step = funnel_lengths.step_count as is_converted,
        funnels.attempts = 'every' or ranked.attempt_rank = 1 as is_counted,
        {{ microseconds_between('ranked.occurred_at', 'last_moment.last_moment') }}
        >= funnels.window_hours * cast(3600000000 as bigint) as is_mature,
        -- times, UTC, and the local day
        ranked.occurred_at as entered_at,
        ranked.event_date as entry_date
    from ranked
    inner join funnels on ranked.funnel_name = funnels.funnel_name
    inner join funnel_lengths on ranked.funnel_name = funnel_lengths.funnel_name
    inner join persons on ranked.person_key = persons.person_key
    left join breakdowns
        on
            ranked.funnel_name = breakdowns.funnel_name
            and ranked.entry_event_id = breakdowns.entry_event_id
    cross join last_moment
)

select * from final
