{# What a customer began with: the greatest item at the end of the first day. #}
with

movements as (
    select * from {{ ref('int_mrr_movements') }}
),

prices as (
    select * from {{ ref('int_subscription_item_prices') }}
    where monthly_amount is not null
),

products as (
    select * from {{ ref('int_products') }}
),

with_first_date as (
    select
        *,
        min(moved_date) over (partition by account_id, customer_id, currency) as first_date
    from movements
),

ranked as (
    select
        movements.account_id,
        movements.customer_id,
        movements.currency,
        prices.product_id,
        prices.billing_interval,
        row_number() over (
            partition by movements.account_id, movements.customer_id, movements.currency
            order by prices.monthly_amount desc, prices.subscription_item_id asc
        ) as place
    from with_first_date as movements
    inner join prices
        on
            movements.account_id = prices.account_id
            and movements.subscription_id = prices.subscription_id
            and movements.currency = prices.currency
            and movements.moved_date >= {{ local_date('prices.started_at') }}
            and coalesce(movements.moved_date < {{ local_date('prices.ended_at') }}, true)
    where movements.moved_date = movements.first_date
),

final as (
    select
        -- keys
        ranked.account_id,
        ranked.customer_id,
        -- attributes
        ranked.currency,
        products.product_sku,
        ranked.billing_interval,
        coalesce(products.product_sku, ranked.product_id, 'unknown') || ' '
        || coalesce(ranked.billing_interval, 'unknown') as plan_name
    from ranked
    left join products
        on
            ranked.account_id = products.account_id
            and ranked.product_id = products.product_id
    where ranked.place = 1
)

select * from final
