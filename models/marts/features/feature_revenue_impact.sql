{# What an experiment found is better than anything adjusted. It is believed once all that counts
   has been seen, unless a check of its health failed. #}
with

impact as (
    select * from {{ ref('int_feature_impact') }}
),

measured as (
    select * from {{ ref('feature_experiments') }}
),

results as (
    select experiment_name, metric_name, treatment, diff, ci_low, ci_high
    from {{ ref('experiment_results') }}
    where segment_name = 'all' and method = 'cuped' and status = 'OK'
),

doubted as (
    select distinct experiment_name from {{ ref('experiment_health') }}
    where verdict = 'fail'
),

believed as (
    select overview.experiment_name
    from {{ ref('experiment_overview') }} as overview
    left join doubted on overview.experiment_name = doubted.experiment_name
    where overview.is_final and doubted.experiment_name is null
),

found as (
    select
        measured.feature_name,
        measured.outcome_name,
        measured.experiment_name,
        results.diff as experiment_difference,
        results.ci_low as experiment_low,
        results.ci_high as experiment_high
    from measured
    inner join believed on measured.experiment_name = believed.experiment_name
    inner join results
        on
            measured.experiment_name = results.experiment_name
            and measured.metric_name = results.metric_name
            and measured.treatment = results.treatment
),

final as (
    select
        -- keys
        impact.feature_name,
        impact.outcome_name,
        -- attributes
        case when found.experiment_name is null then impact.evidence_grade else 'experiment' end
            as evidence_grade,
        found.experiment_name,
        impact.not_adjusted_because,
        case
            when impact.outcome_name = 'revenue' then '{{ var("reporting_currency") }}'
            else 'share'
        end as outcome_unit,
        -- measures
        cast(impact.person_count as bigint) as person_count,
        cast(impact.adopter_count as bigint) as adopter_count,
        cast(impact.other_count as bigint) as other_count,
        cast(impact.used_before_count as bigint) as used_before_count,
        cast(impact.unavailable_count as bigint) as unavailable_count,
        cast(impact.immature_count as bigint) as immature_count,
        cast(impact.not_at_risk_count as bigint) as not_at_risk_count,
        impact.adopter_mean,
        impact.other_mean,
        impact.raw_difference,
        impact.raw_low,
        impact.raw_high,
        impact.adjusted_difference,
        impact.adjusted_low,
        impact.adjusted_high,
        found.experiment_difference,
        found.experiment_low,
        found.experiment_high,
        cast(impact.trimmed_count as bigint) as trimmed_count,
        impact.effective_adopter_count,
        impact.effective_other_count,
        impact.imbalance_before,
        impact.imbalance_after,
        -- flags
        coalesce(found.experiment_low, impact.adjusted_low) > 0
        or coalesce(found.experiment_high, impact.adjusted_high) < 0 as is_different
    from impact
    left join found
        on
            impact.feature_name = found.feature_name
            and impact.outcome_name = found.outcome_name
)

select * from final
