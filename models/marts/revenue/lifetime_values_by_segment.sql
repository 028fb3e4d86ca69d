with

expected as (
    select * from {{ ref('int_lifetimes_expected') }}
),

final as (
    select
        -- keys
        segment_name,
        segment_value,
        currency,
        cast(horizon_days as integer) as horizon_days,
        -- measures
        customer_count,
        churned_count,
        at_risk_count,
        survival_rate,
        average_mrr,
        expected_days,
        expected_days_low,
        expected_days_high,
        expected_amount,
        expected_amount_low,
        expected_amount_high
    from expected
)

select * from final
