with

impact as (
    select * from {{ ref('int_feature_impact') }}
),

final as (
    select
        -- keys
        feature_name,
        outcome_name,
        -- attributes
        evidence_grade,
        not_adjusted_because,
        case when outcome_name = 'revenue' then '{{ var("reporting_currency") }}' else 'share' end
            as outcome_unit,
        -- measures
        cast(person_count as bigint) as person_count,
        cast(adopter_count as bigint) as adopter_count,
        cast(other_count as bigint) as other_count,
        cast(used_before_count as bigint) as used_before_count,
        cast(unavailable_count as bigint) as unavailable_count,
        cast(immature_count as bigint) as immature_count,
        cast(not_at_risk_count as bigint) as not_at_risk_count,
        adopter_mean,
        other_mean,
        raw_difference,
        raw_low,
        raw_high,
        adjusted_difference,
        adjusted_low,
        adjusted_high,
        cast(trimmed_count as bigint) as trimmed_count,
        effective_adopter_count,
        effective_other_count,
        imbalance_before,
        imbalance_after,
        -- flags
        adjusted_low > 0 or adjusted_high < 0 as is_different
    from impact
)

select * from final
