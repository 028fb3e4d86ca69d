{# How a metric of an experiment is to be judged, in the words of the experiments' specification,
   which are those of src/headwater/statistics/experiments. #}
with

experiments as (
    select * from {{ ref('experiments') }}
),

judged as (
    select * from {{ ref('experiment_metrics') }}
),

metrics as (
    select * from {{ ref('metrics') }}
),

persons as (
    select
        experiment_name,
        count(*) as person_count,
        count(*) filter (where exclusion_reason = 'several_variants') as excluded_count
    from {{ ref('int_experiment_persons') }}
    group by 1
),

final as (
    select
        -- keys
        experiments.experiment_name,
        metrics.metric_name,
        -- attributes
        experiments.control_variant,
        metrics.kind as metric_type,
        judged.role,
        experiments.alpha,
        cast(experiments.sequential_tuning_units as double) as seq_tuning_n,
        experiments.correction as mt_method,
        metrics.quantile as q,
        judged.margin,
        -- flags
        metrics.is_higher_better as higher_is_better,
        judged.is_adjusted as is_cuped,
        coalesce(
            persons.excluded_count >= 10
            and persons.excluded_count > 0.01 * persons.person_count,
            false
        ) as has_multiple_exposure
    from judged
    inner join experiments on judged.experiment_name = experiments.experiment_name
    inner join metrics on judged.metric_name = metrics.metric_name
    left join persons on judged.experiment_name = persons.experiment_name
)

select * from final
