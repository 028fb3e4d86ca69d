{# Half of the features are used by more than the others: that is the line between both halves. What
   a feature is worth is what could be shown of conversion and revenue, not what its users pay. #}
with

feature_values as (
    select
        *,
        user_count / nullif(cast(person_count as double), 0) as user_rate
    from {{ ref('int_feature_values') }}
),

impact as (
    select
        feature_name,
        count(*) filter (where evidence_grade in ('experiment', 'adjusted')) as judged_count,
        count(*) filter (where is_different and difference > 0) as gain_count,
        count(*) filter (where is_different and difference < 0) as loss_count,
        max(case when outcome_name = 'conversion' then difference end) as conversion_difference,
        max(case when outcome_name = 'revenue' then difference end) as revenue_difference
    from (
        select *, coalesce(experiment_difference, adjusted_difference) as difference
        from {{ ref('feature_revenue_impact') }}
        where outcome_name in ('conversion', 'revenue')
    ) as best
    group by 1
),

middle as (
    select {{ quantile('user_rate', 0.5) }} as user_rate from feature_values
),

judged as (
    select
        feature_values.*,
        feature_values.user_rate >= middle.user_rate as is_much_used,
        impact.conversion_difference,
        impact.revenue_difference,
        case
            when impact.judged_count = 0 then 'unknown'
            when impact.gain_count > 0 and impact.loss_count > 0 then 'mixed'
            when impact.gain_count > 0 then 'positive'
            when impact.loss_count > 0 then 'negative'
            else 'none'
        end as impact
    from feature_values
    inner join impact on feature_values.feature_name = impact.feature_name
    cross join middle
),

final as (
    select
        -- keys
        feature_name,
        -- attributes
        impact,
        case
            when impact in ('unknown', 'mixed') or is_much_used is null then null
            when is_much_used and impact = 'positive' then 'keep'
            when impact = 'positive' then 'promote'
            when is_much_used then 'deprioritise'
            else 'reconsider'
        end as quadrant,
        '{{ var("reporting_currency") }}' as reporting_currency,
        -- measures
        person_count,
        user_count,
        user_rate,
        use_day_count / nullif(cast(user_count as double), 0) as use_days_per_user,
        conversion_difference,
        revenue_difference,
        revenue_per_user,
        revenue_per_other,
        -- flags
        is_much_used
    from judged
)

select * from final
