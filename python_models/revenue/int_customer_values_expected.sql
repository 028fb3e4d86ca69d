{# A customer's own recurring revenue for as long as those of its plan stay. Nothing is expected of
   who has none left or is past the plan's last horizon: no row of that age is there to join. #}
with

lifetimes as (
    select * from {{ ref('int_customer_lifetimes') }}
),

horizons as (
    select segment_value as plan_name, currency, max(horizon_days) as horizon_days
    from {{ ref('int_lifetimes_expected') }}
    where segment_name = 'plan'
    group by 1, 2
),

remaining as (
    select * from {{ ref('int_lifetimes_remaining') }}
),

joined as (
    select
        lifetimes.*,
        horizons.horizon_days,
        case
            when horizons.horizon_days is not null
                then coalesce(remaining.expected_days, 0)
        end as remaining_days,
        case
            when horizons.horizon_days is not null
                then coalesce(remaining.expected_days_low, 0)
        end as remaining_days_low,
        case
            when horizons.horizon_days is not null
                then coalesce(remaining.expected_days_high, 0)
        end as remaining_days_high,
        lifetimes.mrr_days * 12 / 365 as recurring_amount,
        cast(lifetimes.mrr as double) * 12 / 365 as amount_a_day
    from lifetimes
    left join horizons
        on lifetimes.plan_name = horizons.plan_name and lifetimes.currency = horizons.currency
    left join remaining
        on
            lifetimes.plan_name = remaining.segment_value
            and lifetimes.currency = remaining.currency
            and lifetimes.lifetime_days = remaining.age_days
            and lifetimes.mrr > 0
),

final as (
    select
        -- keys
        account_id,
        customer_id,
        -- attributes
        currency,
        plan_name,
        -- measures
        mrr,
        lifetime_days,
        recurring_amount,
        horizon_days,
        remaining_days,
        remaining_days_low,
        remaining_days_high,
        recurring_amount + amount_a_day * remaining_days as expected_amount,
        recurring_amount + amount_a_day * remaining_days_low as expected_amount_low,
        recurring_amount + amount_a_day * remaining_days_high as expected_amount_high,
        -- flags
        has_left,
        -- times
        started_date,
        ended_date
    from joined
)

select * from final
