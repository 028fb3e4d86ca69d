{# Under which name each event is a step of each journey. What the seed says of an event goes before
   what it says of `*`. #}
with

journeys as (
    select * from {{ ref('journeys') }}
),

steps as (
    select * from {{ ref('journey_steps') }}
),

event_names as (
    select distinct event_name from {{ ref('int_journey_events') }}
),

rules as (
    select journey_name, event_name, step_name, property
    from steps
    where event_name != '*' and is_step
    union all
    select everything.journey_name, event_names.event_name, null, null
    from steps as everything
    cross join event_names
    left join steps
        on
            everything.journey_name = steps.journey_name
            and event_names.event_name = steps.event_name
    where everything.event_name = '*' and steps.event_name is null
),

final as (
    select
        -- keys
        journeys.journey_name,
        rules.event_name,
        coalesce(rules.property, '') as property_name,
        -- attributes
        coalesce(rules.step_name, rules.event_name) as step_name,
        journeys.scope,
        '|' || journeys.sources || '|' as sources,
        journeys.start_step,
        journeys.end_step,
        -- measures
        journeys.longest_path,
        journeys.silence_hours,
        -- flags
        journeys.collapses_repeats
    from rules
    inner join journeys on rules.journey_name = journeys.journey_name
)

select * from final
