{# What the seeds ask of events, with who asks: each thing that is made of events, and which event
   and property of it. A filter asks for the properties that its conditions read. What takes every event
   (`*`) is not here. #}
with

filters as (
    select distinct filter_name, property as property_name from {{ ref('event_filters') }}
),

funnels as (
    select * from {{ ref('funnels') }}
),

steps as (
    select * from {{ ref('funnel_steps') }}
),

features as (
    select * from {{ ref('features') }}
    where is_used
),

retentions as (
    select * from {{ ref('retentions') }}
),

journeys as (
    select * from {{ ref('journeys') }}
),

journey_steps as (
    select * from {{ ref('journey_steps') }}
),

experiments as (
    select experiment_name, end_date from {{ ref('experiments') }}
),

key_events as (
    select event_name as key_event_name, event_name from {{ ref('key_events') }}
),

metrics as (
    select * from {{ ref('metrics') }}
),

metric_events as (
    select metric_name, 'counted' as kind, event_name, filter_name, property_name
    from metrics
    union all
    select
        metric_name,
        'denominator',
        denominator_event_name,
        denominator_filter_name,
        denominator_property_name
    from metrics
    where denominator_event_name is not null
),

asked as (
    select
        'funnel' as thing_kind,
        steps.funnel_name as thing_name,
        steps.step_name as used_as,
        steps.event_name,
        steps.filter_name,
        case when steps.kind != 'excluded' then funnels.held_property end as property_name
    from steps
    inner join funnels on steps.funnel_name = funnels.funnel_name
    union all
    select
        'funnel',
        steps.funnel_name,
        steps.step_name,
        steps.event_name,
        null,
        funnels.breakdown_property
    from steps
    inner join funnels
        on
            steps.funnel_name = funnels.funnel_name
            and steps.step_number = funnels.breakdown_step
    where steps.kind != 'excluded'
    union all
    select 'retention', retention_name, 'start', start_event, start_filter, null from retentions
    union all
    select 'retention', retention_name, 'return', return_event, return_filter, null
    from retentions
    union all
    select 'feature', feature_name, 'use', event_name, filter_name, null from features
    union all
    select 'feature', feature_name, 'exposure', exposure_event_name, exposure_filter_name, null
    from features
    where exposure_event_name is not null
    union all
    select
        'journey',
        journey_steps.journey_name,
        case
            when journey_steps.is_step
                then coalesce(journey_steps.step_name, journey_steps.event_name)
            else 'left out'
        end,
        journey_steps.event_name,
        null,
        journey_steps.property
    from journey_steps
    union all
    select 'metric', metric_name, kind, event_name, filter_name, property_name
    from metric_events
    union all
    select
        'experiment',
        experiment_metrics.experiment_name,
        experiment_metrics.metric_name,
        metric_events.event_name,
        metric_events.filter_name,
        metric_events.property_name
    from {{ ref('experiment_metrics') }} as experiment_metrics
    inner join metric_events on experiment_metrics.metric_name = metric_events.metric_name
    union all
    select 'segment', segment_name, segment_value, event_name, filter_name, null
    from {{ ref('segment_rules') }}
    union all
    select 'form', form_type, 'submission', event_name, filter_name, null
    from {{ ref('form_types') }}
    union all
    select 'key event', key_event_name, 'counted', event_name, null, null from key_events
    union all
    select 'process', process_name, coalesce(ends_as, 'step'), event_name, null, null
    from {{ ref('process_steps') }}
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
    where asked.event_name != '*'
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
