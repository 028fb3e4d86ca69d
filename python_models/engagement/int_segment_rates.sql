{# What segments are compared in: conversion, coming back, adoption; each value beside the rest. #}
with

converted as (
    select
        *,
        max(step_number) over (partition by funnel_name) as last_step
    from {{ ref('funnel_steps_by_segment') }}
),

retained as (
    select * from {{ ref('retention_by_period') }}
    where kind != 'bracket'
),

adopted as (
    select * from {{ ref('feature_adoption_by_segment') }}
),

rates as (
    select
        'funnel ' || funnel_name as metric_name,
        segment_name,
        segment_value,
        entry_count as unit_count,
        reached_count as success_count
    from converted
    where step_number = last_step
    union all
    select
        'retention ' || retention_name
        || case kind when 'n_day' then ', in ' else ', in or after ' end
        || period || ' ' || cast(first_period as string),
        segment_name,
        segment_value,
        mature_count,
        retained_count
    from retained
    union all
    select 'adoption ' || feature_name, segment_name, segment_value, person_count, adopted_count
    from adopted
),

final as (
    select
        -- keys
        segment.metric_name,
        segment.segment_name,
        segment.segment_value,
        -- measures
        segment.unit_count,
        segment.success_count,
        whole.unit_count - segment.unit_count as rest_unit_count,
        whole.success_count - segment.success_count as rest_success_count
    from rates as segment
    inner join rates as whole
        on segment.metric_name = whole.metric_name and whole.segment_name = 'all'
    where segment.segment_name != 'all'
)

select * from final
