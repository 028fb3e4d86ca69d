{# Who wins and who loses: the effect of each treatment on each value of each segment, adjusted by
   the time before where that was possible. #}
with

results as (
    select * from {{ ref('experiment_results') }}
),

settings as (
    select experiment_name, metric_name, alpha, higher_is_better
    from {{ ref('int_experiment_settings') }}
),

shrunk as (
    select * from {{ ref('int_experiment_shrunk_effects') }}
),

heterogeneity as (
    select * from {{ ref('int_experiment_heterogeneity') }}
),

chosen as (
    select
        results.*,
        row_number() over (
            partition by
                results.experiment_name,
                results.metric_name,
                results.treatment,
                results.segment_name,
                results.segment_value
            order by results.cuped_status = 'APPLIED' desc, results.method desc
        ) as place
    from results
),

judged as (
    select
        chosen.*,
        settings.alpha,
        settings.higher_is_better as is_higher_better,
        coalesce(chosen.p_adj, chosen.p_value) < settings.alpha as is_significant
    from chosen
    inner join settings
        on
            chosen.experiment_name = settings.experiment_name
            and chosen.metric_name = settings.metric_name
    where chosen.place = 1
),

final as (
    select
        -- keys
        judged.experiment_name,
        judged.metric_name,
        judged.treatment,
        judged.segment_name,
        judged.segment_value,
        -- attributes
        judged.role,
        judged.method,
        judged.status,
        case
            when judged.diff > 0 then 'up'
            when judged.diff < 0 then 'down'
            when judged.diff = 0 then 'flat'
        end as direction,
        case
            when
                judged.status != 'OK'
                or least(judged.n_control, judged.n_treatment)
                < {{ var('experiment_fewest_persons') }}
                then 'unknown'
            when not judged.is_significant then 'flat'
            when (judged.diff > 0) = judged.is_higher_better then 'win'
            else 'lose'
        end as outcome,
        -- measures
        judged.n_control,
        judged.n_treatment,
        judged.mean_control,
        judged.mean_treatment,
        judged.lift as relative_change,
        judged.lift_ci_low as relative_change_low,
        judged.lift_ci_high as relative_change_high,
        judged.p_value,
        judged.p_adj,
        cast(shrunk.shrunk_lift as double) as shrunk_change,
        cast(shrunk.shrunk_lift_low as double) as shrunk_change_low,
        cast(shrunk.shrunk_lift_high as double) as shrunk_change_high,
        cast(heterogeneity.interaction_p_value as double) as interaction_p_value,
        -- flags
        cast(heterogeneity.is_simpson as boolean) as is_simpson
    from judged
    left join shrunk
        on
            judged.experiment_name = shrunk.experiment_id
            and judged.metric_name = shrunk.metric_id
            and judged.treatment = shrunk.treatment
            and judged.method = shrunk.method
            and judged.segment_name = shrunk.segment_name
            and judged.segment_value = shrunk.segment_value
    left join heterogeneity
        on
            judged.experiment_name = heterogeneity.experiment_id
            and judged.metric_name = heterogeneity.metric_id
            and judged.treatment = heterogeneity.treatment
            and judged.method = heterogeneity.method
            and judged.segment_name = heterogeneity.segment_name
)

select * from final
