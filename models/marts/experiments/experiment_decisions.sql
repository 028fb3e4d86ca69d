{# What to do about each treatment, by the first of these rules that applies: results that cannot be
   believed decide nothing; a guardrail that got worse, or goals that only lose, roll it back; goals
   whose effect clearly differs between values of a segment, with a win in one, want a rollout by
   segment; goals that win ship it, if every guardrail holds; all else runs on. Differences between
   values are corrected for all segments and goals that were looked at. Before everything that counts
   has been seen, only what holds however often one looks is a win or a loss, or shows that a guardrail
   holds, and nothing is said of segments. #}
with

experiments as (
    select experiment_name, alpha, is_final from {{ ref('experiment_overview') }}
),

settings as (
    select experiment_name, metric_name, higher_is_better
    from {{ ref('int_experiment_settings') }}
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
    where segment_name = 'all'
),

{# The family is that of the fixed p-values; the others are multiplied by its size. #}
judged as (
    select
        results.experiment_name,
        results.treatment,
        results.metric_name,
        results.method,
        results.role,
        experiments.is_final
        or coalesce(
            results.seq_p_value * coalesce(results.family_size, 1) < experiments.alpha, false
        ) as is_settled,
        coalesce(results.is_non_inferior, false) and (
            experiments.is_final
            or coalesce(
                case
                    when settings.higher_is_better
                        then results.seq_ci_low > -results.ni_margin * abs(results.mean_control)
                    else results.seq_ci_high < results.ni_margin * abs(results.mean_control)
                end,
                false
            )
        ) as is_proven
    from results
    inner join experiments on results.experiment_name = experiments.experiment_name
    inner join settings
        on
            results.experiment_name = settings.experiment_name
            and results.metric_name = settings.metric_name
),

guarded as (
    select
        experiment_name,
        treatment,
        count(*) filter (
            where role = 'guardrail' and not is_proven
        ) as unproven_guardrail_count
    from judged
    where method = 'unadjusted'
    group by 1, 2
),

outcomes as (
    select
        segments.experiment_name,
        segments.treatment,
        segments.role,
        case
            when segments.outcome in ('win', 'lose') and not judged.is_settled then 'flat'
            else segments.outcome
        end as outcome
    from segments
    inner join judged
        on
            segments.experiment_name = judged.experiment_name
            and segments.treatment = judged.treatment
            and segments.metric_name = judged.metric_name
            and segments.method = judged.method
    where segments.segment_name = 'all'
),

whole as (
    select
        experiment_name,
        treatment,
        count(*) filter (where role = 'goal' and outcome = 'win') as goal_win_count,
        count(*) filter (where role = 'goal' and outcome = 'lose') as goal_loss_count,
        count(*) filter (where role = 'goal' and outcome = 'unknown') as goal_unknown_count,
        count(*) filter (where role = 'guardrail' and outcome = 'lose') as guardrail_loss_count
    from outcomes
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

{# Of several segments that divide it, the one whose values differ most clearly. #}
divided as (
    select
        by_dimension.experiment_name,
        by_dimension.treatment,
        by_dimension.segment_name as divided_segment,
        count(*) over (
            partition by by_dimension.experiment_name, by_dimension.treatment
        ) as divided_count,
        row_number() over (
            partition by by_dimension.experiment_name, by_dimension.treatment
            order by
                by_dimension.interaction_p_value,
                by_dimension.segment_name,
                by_dimension.metric_name
        ) as place
    from by_dimension
    inner join looked_at on by_dimension.experiment_name = looked_at.experiment_name
    inner join experiments on by_dimension.experiment_name = experiments.experiment_name
    where
        experiments.is_final
        and by_dimension.has_win
        and by_dimension.has_both_directions
        and by_dimension.interaction_p_value * looked_at.comparison_count < experiments.alpha
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
        coalesce(divided.divided_count, 0) as divided_count,
        -- flags
        experiments.is_final
    from whole
    inner join experiments on whole.experiment_name = experiments.experiment_name
    inner join health on whole.experiment_name = health.experiment_name
    inner join guarded
        on
            whole.experiment_name = guarded.experiment_name
            and whole.treatment = guarded.treatment
    left join divided
        on
            whole.experiment_name = divided.experiment_name
            and whole.treatment = divided.treatment
            and divided.place = 1
)

select * from final
