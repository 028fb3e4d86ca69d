{# What was known of each person on each day that changed it. Where only full windows count, the
   whole is known at once, on the day the window closes. Quantiles are left out, since they do not
   add up. #}
with

judged as (
    select judged.metric_name, judged.experiment_name
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
    where judged.needs_full_window and metrics.kind != 'quantile'
),

counted as (
    select * from {{ ref('int_experiment_counted_values') }}
    where is_mature
),

running_values as (
    select * from {{ ref('int_experiment_running_values') }}
),

final as (
    select
        -- keys
        counted.experiment_name,
        counted.metric_name,
        counted.person_key,
        -- attributes
        counted.variant,
        -- measures
        counted.y,
        counted.d,
        counted.x,
        counted.e,
        -- flags
        counted.is_finite,
        counted.has_pre,
        -- local days
        {{ local_date('counted.window_closed_at') }} as known_date,
        cast(null as date) as replaced_date
    from counted
    inner join judged on {{ same_keys('counted', 'judged', ['experiment_name', 'metric_name']) }}
    union all
    select
        experiment_name, metric_name, person_key, variant, y, d, x, e, is_finite, has_pre,
        known_date, replaced_date
    from running_values
)

select * from final
