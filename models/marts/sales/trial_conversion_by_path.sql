{# Trials that began too late to be judged are counted beside the rate. #}
with

trials as (
    select *, converted_at < started_at + interval {{ var('trial_window_days') }} days as is_won
    from {{ ref('trials') }}
    where is_trial
),

paths as (
    select trial_path, is_mature, is_won, days_to_convert from trials
    union all
    select 'all', is_mature, is_won, days_to_convert from trials
),

counted as (
    select
        trial_path,
        count(*) filter (where is_mature) as trial_count,
        count(*) filter (where is_mature and is_won) as converted_count,
        count(*) filter (where not is_mature) as immature_count,
        avg(case when is_mature and is_won then days_to_convert end) as days_to_convert_mean
    from paths
    group by 1
),

final as (
    select
        -- keys
        trial_path,
        -- measures
        trial_count,
        converted_count,
        immature_count,
        converted_count / nullif(cast(trial_count as double), 0) as conversion_rate,
        {{ wilson_bound('converted_count', 'trial_count', 'low') }} as conversion_rate_low,
        {{ wilson_bound('converted_count', 'trial_count', 'high') }} as conversion_rate_high,
        days_to_convert_mean
    from counted
)

select * from final
