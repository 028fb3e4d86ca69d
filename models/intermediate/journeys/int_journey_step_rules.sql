{# What each kind of event is in each journey. Kinds are few, so what a journey asks is settled here
   once and not for every event. What the seed says of an event goes before what it says of `*`. The
   keys are numbers of this run alone: names are stored. #}
with

journeys as (
    select * from {{ ref('journeys') }}
),

steps as (
    select * from {{ ref('journey_steps') }}
),

key_events as (
    select event_name from {{ ref('key_events') }}
),

kinds as (
    select distinct source_name, event_name, coalesce(property_value, '') as property_value
    from {{ ref('int_journey_events') }}
),

named as (
    select
        journeys.*,
        kinds.source_name,
        kinds.event_name,
        kinds.property_value,
        coalesce(rules.step_name, kinds.event_name)
        || case
            when rules.property is not null and kinds.property_value != ''
                then ': ' || replace(kinds.property_value, ' > ', ' / ')
            else ''
        end as step_name
    from kinds
    cross join journeys
    left join steps as specific
        on
            journeys.journey_name = specific.journey_name
            and kinds.event_name = specific.event_name
    inner join steps as rules
        on
            journeys.journey_name = rules.journey_name
            and rules.event_name = coalesce(specific.event_name, '*')
    where
        rules.is_step
        and (
            journeys.sources is null
            or instr('|' || journeys.sources || '|', '|' || kinds.source_name || '|') > 0
        )
),

final as (
    select
        -- keys
        named.source_name,
        named.event_name,
        named.property_value,
        cast(dense_rank() over (order by named.journey_name) as integer) as journey_key,
        cast(dense_rank() over (order by named.journey_name, named.step_name) as integer)
            as step_key,
        -- attributes
        named.journey_name,
        named.step_name,
        named.scope,
        -- measures
        named.longest_path,
        named.silence_hours,
        -- flags
        named.start_step is null or named.step_name = named.start_step as is_start,
        coalesce(named.step_name = named.end_step, false) as is_end,
        named.end_step is not null as has_end,
        named.start_step is null and named.end_step is not null as is_backward,
        named.collapses_repeats,
        key_events.event_name is not null as is_key_event
    from named
    left join key_events on named.event_name = key_events.event_name
)

select * from final
