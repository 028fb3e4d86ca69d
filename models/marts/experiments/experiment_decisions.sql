{# What to do about each treatment, by the first of these rules that applies: results that cannot be
   believed decide nothing; a guardrail that got worse, or goals that only lose, roll it back; goals
   whose effect clearly differs between values of a segment, with a win in one, want a rollout by
   segment; goals that win ship it, if every guardrail holds; all else runs on. Differences between
   values are corrected for all segments and goals that were looked at. #}
with

experiments as (
    select experiment_name, alpha from {{ ref('experiments') }}
),

health as (
    select experiment_name, count(*) filter (where verdict = 'fail') as failed_count
    from {{ ref('experiment_health') }}
    group by 1
),

segments as (
    select * from {{ ref('experiment_segments') }}
),

results as (
    select * from {{ ref('experiment_results') }}
    where segment_name = 'all' and method = 'unadjusted'
),

guarded as (
    select
        experiment_name,
        treatment,
        count(*) filter (
            where role = 'guardrail' and not coalesce(is_non_inferior, false)
        ) as unproven_guardrail_count
    from results
    group by 1, 2
),

whole as (
    select
        experiment_name,
        treatment,
        count(*) filter (where role = 'goal' and outcome = 'win') as goal_win_count,
        count(*) filter (where role = 'goal' and outcome = 'lose') as goal_loss_count,
        count(*) filter (where role = 'goal' and outcome = 'unknown') as goal_unknown_count,
        count(*) filter (where role = 'guardrail' and outcome = 'lose') as guardrail_loss_count
    from segments
    where segment_name = 'all'
    group by 1, 2
),

by_dimension as (
    select
        experiment_name,
        treatment,
        metric_name,
        segment_name,
        min(interaction_p_value) as interaction_p_value,
        bool_or(outcome = 'win') as has_win,
        bool_or(direction = 'up' and outcome != 'unknown')
        and bool_or(direction = 'down' and outcome != 'unknown') as has_both_directions
    from segments
    where role = 'goal' and segment_name != 'all'
    group by 1, 2, 3, 4
),

looked_at as (
    select experiment_name, count(interaction_p_value) as comparison_count
    from by_dimension
    group by 1
),

divided as (
    select
        by_dimension.experiment_name,
        by_dimension.treatment,
        min(by_dimension.segment_name) as divided_segment,
        count(*) as divided_count
    from by_dimension
    inner join looked_at on by_dimension.experiment_name = looked_at.experiment_name
    inner join experiments on by_dimension.experiment_name = experiments.experiment_name
    where
        by_dimension.has_win
        and by_dimension.has_both_directions
        and by_dimension.interaction_p_value * looked_at.comparison_count < experiments.alpha
    group by 1, 2
),

final as (
    select
        -- keys
        whole.experiment_name,
        whole.treatment,
        -- attributes
        case
            when health.failed_count > 0 then 'invalid'
            when whole.guardrail_loss_count > 0 then 'roll_back'
            when divided.divided_count > 0 then 'segment_aware_rollout'
            when whole.goal_loss_count > 0 and whole.goal_win_count = 0 then 'roll_back'
            when
                whole.goal_win_count > 0
                and whole.goal_loss_count = 0
                and guarded.unproven_guardrail_count = 0
                then 'ship'
            else 'keep_running'
        end as decision,
        divided.divided_segment,
        -- measures
        health.failed_count as failed_check_count,
        whole.goal_win_count,
        whole.goal_loss_count,
        whole.goal_unknown_count,
        whole.guardrail_loss_count,
        guarded.unproven_guardrail_count,
        coalesce(divided.divided_count, 0) as divided_count
    from whole
    inner join health on whole.experiment_name = health.experiment_name
    inner join guarded
        on
            whole.experiment_name = guarded.experiment_name
            and whole.treatment = guarded.treatment
    left join divided
        on
            whole.experiment_name = divided.experiment_name
            and whole.treatment = divided.treatment
)

select * from final
