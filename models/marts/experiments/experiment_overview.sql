{# What each experiment is and how far it has come, by the last moment of data. #}
with

experiments as (
    select * from {{ ref('experiments') }}
),

variants as (
    select experiment_name, count(*) as variant_count
    from {{ ref('experiment_variants') }}
    group by 1
),

metrics as (
    select
        experiment_name,
        count(*) as metric_count,
        coalesce(max(window_days), 0) as longest_window_days
    from {{ ref('experiment_metrics') }}
    group by 1
),

persons as (
    select
        experiment_name,
        count(*) as person_count,
        count(*) filter (where is_excluded) as excluded_count,
        min(exposed_at) as first_exposed_at,
        max(exposed_at) as last_exposed_at
    from {{ ref('int_experiment_persons') }}
    group by 1
),

last_days as (
    select max(event_date) as last_date from {{ ref('int_active_days') }}
),

final as (
    select
        -- keys
        experiments.experiment_name,
        experiments.experiment_id,
        -- attributes
        experiments.hypothesis,
        experiments.owner,
        experiments.control_variant,
        case
            when
                last_days.last_date is null or last_days.last_date < experiments.start_date
                then 'planned'
            when
                experiments.end_date is null or last_days.last_date < experiments.end_date
                then 'running'
            else 'ended'
        end as state,
        -- measures
        variants.variant_count,
        metrics.metric_count,
        coalesce(persons.person_count, 0) as person_count,
        coalesce(persons.excluded_count, 0) as excluded_count,
        experiments.alpha,
        -- times, UTC, and local days
        persons.first_exposed_at,
        persons.last_exposed_at,
        experiments.start_date - experiments.pre_window_days as baseline_start_date,
        experiments.start_date,
        experiments.end_date,
        experiments.end_date + metrics.longest_window_days as final_date,
        -- flags
        coalesce(
            last_days.last_date >= experiments.end_date + metrics.longest_window_days, false
        ) as is_final
    from experiments
    inner join variants on experiments.experiment_name = variants.experiment_name
    inner join metrics on experiments.experiment_name = metrics.experiment_name
    left join persons on experiments.experiment_name = persons.experiment_name
    cross join last_days
)

select * from final
