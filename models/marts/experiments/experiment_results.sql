{# What the estimator found, under our names. A frame without rows has no types, so all are cast. #}
with

comparisons as (
    select * from {{ ref('int_experiment_comparisons') }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

final as (
    select
        -- keys
        cast(experiment_id as string) as experiment_name,
        cast(metric_id as string) as metric_name,
        cast(treatment as string) as treatment,
        cast(method as string) as method,
        cast(segment_name as string) as segment_name,
        case when segment_name = 'all' then 'all' else cast(segment_value as string) end
            as segment_value,
        -- attributes
        cast(role as string) as role,
        cast(status as string) as status,
        cast(lift_status as string) as lift_status,
        cast(cuped_status as string) as cuped_status,
        cast(mt_method as string) as mt_method,
        cast(warnings as string) as warnings,
        -- measures
        cast(n_control as bigint) as n_control,
        cast(n_treatment as bigint) as n_treatment,
        cast(mean_control as double) as mean_control,
        cast(mean_treatment as double) as mean_treatment,
        cast(mean_adj_control as double) as mean_adj_control,
        cast(mean_adj_treatment as double) as mean_adj_treatment,
        cast(var_control as double) as var_control,
        cast(var_treatment as double) as var_treatment,
        cast(var_adj_control as double) as var_adj_control,
        cast(var_adj_treatment as double) as var_adj_treatment,
        cast(diff as double) as diff,
        cast(se as double) as se,
        cast(df as double) as df,
        cast(t_stat as double) as t_stat,
        cast(p_value as double) as p_value,
        cast(ci_low as double) as ci_low,
        cast(ci_high as double) as ci_high,
        cast(lift as double) as lift,
        cast(lift_se as double) as lift_se,
        cast(lift_ci_low as double) as lift_ci_low,
        cast(lift_ci_high as double) as lift_ci_high,
        cast(theta as double) as theta,
        cast(variance_reduction as double) as variance_reduction,
        cast(pre_p_value as double) as pre_p_value,
        cast(seq_p_value as double) as seq_p_value,
        cast(seq_ci_low as double) as seq_ci_low,
        cast(seq_ci_high as double) as seq_ci_high,
        cast(p_adj as double) as p_adj,
        cast(family_size as bigint) as family_size,
        cast(q_value as double) as q_value,
        cast(ni_margin as double) as ni_margin,
        cast(ni_t_stat as double) as ni_t_stat,
        cast(ni_p_value as double) as ni_p_value,
        cast(ni_bound as double) as ni_bound,
        cast(mde_abs as double) as mde_abs,
        cast(mde_rel as double) as mde_rel,
        cast(prob_beat_control as double) as prob_beat_control,
        cast(cap_lower as double) as cap_lower,
        cast(cap_upper as double) as cap_upper,
        -- flags
        cast(is_unexpected as boolean) as is_unexpected,
        cast(non_inferior as boolean) as is_non_inferior,
        -- times, UTC
        (select last_moment.last_moment from last_moment) as as_of_at
    from comparisons
)

select * from final
