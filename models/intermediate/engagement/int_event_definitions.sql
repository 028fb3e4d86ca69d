{# What the seeds ask of events, once each: which names they count, under which filter, and which
   property of the event they need to know. `*` is every event. #}
with

funnels as (
    select * from {{ ref('funnels') }}
),

steps as (
    select * from {{ ref('funnel_steps') }}
),

segment_rules as (
    select * from {{ ref('segment_rules') }}
),

retentions as (
    select * from {{ ref('retentions') }}
),

features as (
    select * from {{ ref('features') }}
    where is_used
),

form_types as (
    select * from {{ ref('form_types') }}
),

metric_parts as (
    select * from {{ ref('int_metric_parts') }}
),

experiments as (
    select * from {{ ref('experiments') }}
    where trigger_event is not null
),

asked as (
    select
        steps.event_name,
        steps.filter_name,
        case when steps.kind != 'excluded' then funnels.held_property end as property_name
    from steps
    inner join funnels on steps.funnel_name = funnels.funnel_name
    union all
    select steps.event_name, steps.filter_name, funnels.breakdown_property
    from steps
    inner join funnels
        on
            steps.funnel_name = funnels.funnel_name
            and steps.step_number = funnels.breakdown_step
    where steps.kind != 'excluded'
    union all
    select event_name, filter_name, null
    from segment_rules
    union all
    select '*', null, null
    from funnels
    where step_order = 'strict'
    union all
    select start_event, start_filter, null
    from retentions
    where start_event != '*'
    union all
    select return_event, return_filter, null
    from retentions
    where return_event != '*'
    union all
    select event_name, filter_name, null
    from features
    union all
    select exposure_event_name, exposure_filter_name, null
    from features
    where exposure_event_name is not null
    union all
    select event_name, filter_name, null
    from form_types
    union all
    select 'trial_started', null, 'trial_path'
    union all
    select event_name, filter_name, property_name
    from metric_parts
    union all
    select trigger_event, trigger_filter, null
    from experiments
),

final as (
    select distinct
        event_name,
        coalesce(filter_name, '') as filter_name,
        coalesce(property_name, '') as property_name
    from asked
)

select * from final
