{# What the seeds ask of events, with who asks: each thing that is made of events, and which event
   and property of it, under which filter. `*` is every event. #}
with

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

journey_steps as (
    select * from {{ ref('journey_steps') }}
),

experiments as (
    select * from {{ ref('experiments') }}
    where trigger_event is not null
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

final as (
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
        steps.filter_name,
        funnels.breakdown_property
    from steps
    inner join funnels
        on
            steps.funnel_name = funnels.funnel_name
            and steps.step_number = funnels.breakdown_step
    where steps.kind != 'excluded'
    union all
    select 'funnel', funnel_name, 'between steps', '*', null, null
    from funnels
    where step_order = 'strict'
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
    select 'experiment', experiment_name, 'trigger', trigger_event, trigger_filter, null
    from experiments
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
)

select * from final
