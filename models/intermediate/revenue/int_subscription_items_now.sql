{# What a subscription consists of, or consisted of when it ended. #}
with

prices as (
    select * from {{ ref('int_subscription_item_prices') }}
    where is_current
),

ranked as (
    select
        *,
        row_number() over (
            partition by account_id, subscription_id
            order by monthly_amount desc, subscription_item_id asc
        ) as place
    from prices
),

final as (
    select
        -- keys
        account_id,
        subscription_id,
        max(case when place = 1 then product_id end) as product_id,
        max(case when place = 1 then price_id end) as price_id,
        -- attributes
        max(case when place = 1 then currency end) as currency,
        case
            when min(billing_interval) = max(billing_interval) then min(billing_interval)
            when count(billing_interval) > 0 then 'mixed'
        end as billing_interval,
        -- measures
        count(*) as item_count,
        cast(sum(quantity) as bigint) as quantity,
        count(*) filter (where monthly_amount is null) as unpriced_item_count,
        cast(sum(monthly_amount) as decimal(28, 8)) as monthly_amount
    from ranked
    group by 1, 2
)

select * from final
