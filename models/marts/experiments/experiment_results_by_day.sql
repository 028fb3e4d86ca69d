{# A frame without rows has no types, so all are cast. #}
with

comparisons as (
    select * from {{ ref('int_experiment_comparisons_by_day') }}
),

judged as (
    select experiment_name, metric_name, needs_full_window from {{ ref('experiment_metrics') }}
),

final as (
    select
        -- keys
        cast(comparisons.experiment_id as string) as experiment_name,
        cast(comparisons.metric_id as string) as metric_name,
        cast(comparisons.treatment as string) as treatment,
        cast(comparisons.method as string) as method,
        -- attributes
        cast(comparisons.role as string) as role,
        cast(comparisons.status as string) as status,
        cast(comparisons.warnings as string) as warnings,
        -- measures
        cast(comparisons.n_control as bigint) as n_control,
        cast(comparisons.n_treatment as bigint) as n_treatment,
        cast(comparisons.mean_control as double) as mean_control,
        cast(comparisons.mean_treatment as double) as mean_treatment,
        cast(comparisons.diff as double) as diff,
        cast(comparisons.se as double) as se,
        cast(comparisons.p_value as double) as p_value,
        cast(comparisons.ci_low as double) as ci_low,
        cast(comparisons.ci_high as double) as ci_high,
        cast(comparisons.lift as double) as lift,
        cast(comparisons.lift_se as double) as lift_se,
        cast(comparisons.lift_ci_low as double) as lift_ci_low,
        cast(comparisons.lift_ci_high as double) as lift_ci_high,
        cast(comparisons.seq_p_value as double) as seq_p_value,
        cast(comparisons.seq_p_value_min as double) as seq_p_value_min,
        cast(comparisons.seq_ci_low as double) as seq_ci_low,
        cast(comparisons.seq_ci_high as double) as seq_ci_high,
        cast(comparisons.p_adj as double) as p_adj,
        -- flags
        judged.needs_full_window as is_always_valid,
        -- local day
        cast(comparisons.analysis_date as date) as analysis_date
    from comparisons
    inner join judged
        on
            comparisons.experiment_id = judged.experiment_name
            and comparisons.metric_id = judged.metric_name
)

select * from final
