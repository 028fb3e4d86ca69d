{# What planning reads. New persons are those of the run's last week, when whoever comes every day
   has entered before. A frame without rows has no types, so all are cast. #}
with

baselines as (
    select * from {{ ref('int_metric_baselines') }}
),

metrics as (
    select metric_name, kind from {{ ref('metrics') }}
),

runs as (
    select * from {{ ref('int_baseline_runs') }}
),

entered as (
    select persons.run_days, count(*) as person_count
    from {{ ref('int_baseline_persons') }} as persons
    inner join runs
        on
            persons.run_days = runs.run_days
            and persons.entered_date >= runs.end_date - 7
    group by 1
),

final as (
    select
        -- keys
        metrics.metric_name,
        runs.run_days,
        -- attributes
        metrics.kind,
        cast(baselines.status as string) as status,
        -- measures
        cast(baselines.n as bigint) as person_count,
        cast(coalesce(entered.person_count, 0) as double) / least(runs.run_days, 7)
            as new_persons_per_day,
        cast(baselines.mean as double) as mean_value,
        cast(baselines.standard_deviation as double) as standard_deviation,
        cast(baselines.variance_reduction as double) as variance_reduction,
        -- local days
        cast(runs.start_date as date) as start_date,
        cast(runs.end_date as date) as end_date
    from baselines
    inner join metrics on baselines.metric_name = metrics.metric_name
    inner join runs on baselines.run_days = runs.run_days
    left join entered on runs.run_days = entered.run_days
)

select * from final
