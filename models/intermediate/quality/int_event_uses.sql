{# The events that each thing of the seeds is made of. A filter asks for the properties that its
   conditions read. What takes every event (`*`) is not here. #}
with

asked as (
    select * from {{ ref('int_event_questions') }}
    where event_name != '*'
),

filters as (
    select distinct filter_name, property as property_name from {{ ref('event_filters') }}
),

journeys as (
    select journey_name, sources from {{ ref('journeys') }}
),

experiments as (
    select experiment_name, end_date from {{ ref('experiments') }}
),

named as (
    select
        asked.thing_kind,
        asked.thing_name,
        asked.used_as,
        asked.event_name,
        asked.filter_name,
        asked.property_name,
        coalesce(journeys.sources, '') as sources,
        experiments.end_date as ended_date
    from asked
    left join journeys
        on asked.thing_kind = 'journey' and asked.thing_name = journeys.journey_name
    left join experiments
        on asked.thing_kind = 'experiment' and asked.thing_name = experiments.experiment_name
),

{# `union` leaves one row where a thing asks the same twice. #}
final as (
    select thing_kind, thing_name, used_as, event_name, '' as property_name, sources, ended_date
    from named
    union
    select thing_kind, thing_name, used_as, event_name, property_name, sources, ended_date
    from named
    where property_name is not null
    union
    select
        named.thing_kind,
        named.thing_name,
        named.used_as,
        named.event_name,
        filters.property_name,
        named.sources,
        named.ended_date
    from named
    inner join filters on named.filter_name = filters.filter_name
)

select * from final
