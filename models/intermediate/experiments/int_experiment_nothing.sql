{# The sums of one person who did nothing, which is more where values are capped from below. #}
with

judged as (
    select
        judged.experiment_name,
        judged.metric_name,
        {{ metric_divisor('metrics.kind', '0') }} as divisor
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
),

scales as (
    select * from {{ ref('int_experiment_scales') }}
),

{# Of a metric that everybody did something for it is no steps: nothing may lie too far away. #}
nobody as (
    select
        judged.experiment_name,
        judged.metric_name,
        case when scales.has_idle then 0 else coalesce(scales.shift_y, 0) end as y,
        case when scales.has_idle then judged.divisor else coalesce(scales.shift_d, 0) end as d,
        case when scales.has_idle then 0 else coalesce(scales.shift_x, 0) end as x,
        case when scales.has_idle then judged.divisor else coalesce(scales.shift_e, 0) end as e,
        true as is_finite,
        false as has_pre
    from judged
    inner join scales on {{ same_keys('judged', 'scales', ['experiment_name', 'metric_name']) }}
),

{{ scaled_step_ctes('nobody', []) }},

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        -- measures
        {{ exact_sums() }}
    from steps
    group by 1, 2
)

select * from final
