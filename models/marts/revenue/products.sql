with

prices as (
    select *, coalesce(account_id, '') as stripe_account_id
    from {{ ref('stg_stripe__prices') }}
    where is_latest and coalesce(is_live, true)
),

products as (
    select * from {{ ref('int_products') }}
),

final as (
    select
        -- keys
        products.account_id,
        products.product_id,
        prices.price_id,
        -- attributes
        products.product_sku,
        products.product_name,
        prices.price_type,
        prices.currency,
        prices.recurring_interval as billing_interval,
        -- measures
        prices.recurring_interval_count as billing_interval_count,
        prices.trial_period_days,
        {{ major_units('prices.unit_amount_cents_exact', 'prices.currency', 8) }} as unit_amount,
        {{ major_units(
            per_month(
                'prices.unit_amount_cents_exact',
                'prices.recurring_interval',
                'prices.recurring_interval_count'
            ),
            'prices.currency', 8
        ) }} as monthly_amount,
        -- flags
        coalesce(products.is_active, true) and coalesce(prices.is_active, true)
        and not coalesce(prices.is_deleted, false) as is_active,
        coalesce(products.default_price_id = prices.price_id, false) as is_default_price,
        -- times, UTC
        prices.created_at
    from products
    left join prices
        on
            products.account_id = prices.stripe_account_id
            and products.product_id = prices.product_id
)

select * from final
