{# The sums of one person who did nothing. Where values are capped from below, that is not nothing. #}
with

judged as (
    select
        judged.experiment_name,
        judged.metric_name,
        cast(case when metrics.kind = 'ratio' then 0 else 1 end as double) as divisor
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
),

scales as (
    select * from {{ ref('int_experiment_scales') }}
),

nobody as (
    select
        experiment_name,
        metric_name,
        cast(0 as double) as y,
        divisor as d,
        cast(0 as double) as x,
        divisor as e,
        true as is_finite,
        false as has_pre
    from judged
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
