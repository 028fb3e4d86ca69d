{# A change by itself is no effect: whatever else changed is in it, and people are shown a variant
   when they are active. Against the change of the control it is one, which met the same. A frame
   without rows has no types, so all are cast. #}
with

changes as (
    select * from {{ ref('int_experiment_changes') }}
),

statistics as (
    select experiment_name, metric_name, variant, n_immature
    from {{ ref('int_experiment_pre_post_statistics') }}
),

final as (
    select
        -- keys
        statistics.experiment_name,
        statistics.metric_name,
        statistics.variant,
        -- attributes
        case when changes.is_causal then 'difference_in_differences' else 'before_after' end
            as design,
        cast(changes.status as string) as status,
        cast(changes.effect_status as string) as effect_status,
        -- measures
        cast(changes.n as bigint) as person_count,
        statistics.n_immature as immature_count,
        cast(changes.mean_before as double) as mean_before,
        cast(changes.mean_after as double) as mean_during,
        cast(changes.change as double) as change,
        cast(changes.change_se as double) as change_se,
        cast(changes.change_p_value as double) as change_p_value,
        cast(changes.change_low as double) as change_low,
        cast(changes.change_high as double) as change_high,
        cast(changes.relative_change as double) as relative_change,
        cast(changes.relative_change_low as double) as relative_change_low,
        cast(changes.relative_change_high as double) as relative_change_high,
        cast(changes.effect as double) as effect,
        cast(changes.effect_se as double) as effect_se,
        cast(changes.effect_df as double) as effect_df,
        cast(changes.effect_p_value as double) as effect_p_value,
        cast(changes.effect_low as double) as effect_low,
        cast(changes.effect_high as double) as effect_high,
        cast(changes.effect as double)
        / nullif(abs(cast(changes.mean_after as double) - cast(changes.effect as double)), 0)
            as relative_effect,
        -- flags
        cast(changes.is_causal as boolean) as is_causal
    from statistics
    inner join changes
        on
            statistics.experiment_name = changes.experiment_name
            and statistics.metric_name = changes.metric_name
            and statistics.variant = changes.variant
)

select * from final
