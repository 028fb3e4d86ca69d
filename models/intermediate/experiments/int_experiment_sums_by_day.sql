{# What the persons add whose window closed on a day; the sum of all days until then is what was
   known on it. Metrics that count open windows have no such days. #}
with

steps as (
    select * from {{ ref('int_experiment_steps') }}
),

judged as (
    select experiment_name, metric_name from {{ ref('experiment_metrics') }}
    where needs_full_window
),

final as (
    select
        -- keys
        steps.experiment_name,
        steps.metric_name,
        steps.variant,
        {{ local_date('steps.window_closed_at') }} as analysis_date,
        -- measures
        {{ exact_sums() }}
    from steps
    inner join judged
        on
            steps.experiment_name = judged.experiment_name
            and steps.metric_name = judged.metric_name
    group by 1, 2, 3, 4
)

select * from final
