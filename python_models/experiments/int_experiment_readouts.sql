{# What the estimator reads: the sufficient statistics of every variant, and how to judge them.
   Names are its own: see src/headwater/statistics/experiments/comparison.py. #}
with

statistics as (
    select * from {{ ref('int_experiment_statistics') }}
),

settings as (
    select * from {{ ref('int_experiment_settings') }}
),

sample_ratios as (
    select * from {{ ref('int_experiment_sample_ratios') }}
    where segment_name = 'all'
),

mixes as (
    select * from {{ ref('int_experiment_segment_mixes') }}
),

final as (
    select
        statistics.* replace (
            case
                when statistics.segment_name = 'all' then '__all__' else statistics.segment_value
            end as segment_value
        ),
        statistics.experiment_name as experiment_id,
        statistics.metric_name as metric_id,
        settings.* exclude (experiment_name, metric_name), -- noqa: RF02
        coalesce(sample_ratios.status = 'SRM_DETECTED', false) as has_srm,
        coalesce(mixes.is_imbalanced, false) as has_segment_mix_imbalance
    from statistics
    inner join settings
        on
            statistics.experiment_name = settings.experiment_name
            and statistics.metric_name = settings.metric_name
    left join sample_ratios on statistics.experiment_name = sample_ratios.experiment_name
    left join mixes
        on
            statistics.experiment_name = mixes.experiment_name
            and statistics.segment_name = mixes.segment_name
)

select * from final
