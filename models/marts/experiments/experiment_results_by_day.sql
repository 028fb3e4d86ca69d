{# A frame without rows has no types, so all are cast. #}
with

comparisons as (
    select * from {{ ref('int_experiment_comparisons_by_day') }}
),

final as (
    select
        -- keys
        cast(experiment_id as string) as experiment_name,
        cast(metric_id as string) as metric_name,
        cast(treatment as string) as treatment,
        cast(method as string) as method,
        -- attributes
        cast(role as string) as role,
        cast(status as string) as status,
        cast(warnings as string) as warnings,
        -- measures
        cast(n_control as bigint) as n_control,
        cast(n_treatment as bigint) as n_treatment,
        cast(mean_control as double) as mean_control,
        cast(mean_treatment as double) as mean_treatment,
        cast(diff as double) as diff,
        cast(se as double) as se,
        cast(p_value as double) as p_value,
        cast(ci_low as double) as ci_low,
        cast(ci_high as double) as ci_high,
        cast(lift as double) as lift,
        cast(lift_se as double) as lift_se,
        cast(lift_ci_low as double) as lift_ci_low,
        cast(lift_ci_high as double) as lift_ci_high,
        cast(seq_p_value as double) as seq_p_value,
        cast(seq_p_value_min as double) as seq_p_value_min,
        cast(seq_ci_low as double) as seq_ci_low,
        cast(seq_ci_high as double) as seq_ci_high,
        cast(p_adj as double) as p_adj,
        -- local day
        cast(analysis_date as date) as analysis_date
    from comparisons
)

select * from final
