{# What each experiment is judged by, in words that reports can use. #}
with

judged as (
    select * from {{ ref('experiment_metrics') }}
),

metrics as (
    select * from {{ ref('metrics') }}
),

final as (
    select
        -- keys
        judged.experiment_name,
        judged.metric_name,
        -- attributes
        judged.role,
        metrics.description,
        metrics.kind,
        metrics.event_name,
        metrics.denominator_event_name,
        -- measures
        judged.window_days,
        judged.margin,
        -- flags
        metrics.is_higher_better
    from judged
    inner join metrics on judged.metric_name = metrics.metric_name
)

select * from final
