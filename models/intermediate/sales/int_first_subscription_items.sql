{# What a subscription was for when it was first seen: plans change later. #}
with

items as (
    select * from {{ ref('stg_stripe__subscription_items') }}
    where subscription_id is not null
),

prices as (
    select price_id, product_id, recurring_interval from {{ ref('stg_stripe__prices') }}
    where is_latest
),

products as (
    select product_id, product_sku from {{ ref('stg_stripe__products') }}
    where is_latest
),

ranked as (
    select
        items.subscription_id,
        items.subscription_item_id,
        coalesce(items.recurring_interval, prices.recurring_interval) as billing_interval,
        products.product_sku,
        row_number() over (
            partition by items.subscription_id
            order by
                items.landed_at,
                items.subscription_item_id,
                items.file_name,
                items.row_number_in_file
        ) as place
    from items
    left join prices on items.price_id = prices.price_id
    left join products on coalesce(items.product_id, prices.product_id) = products.product_id
),

final as (
    select
        -- keys
        subscription_id,
        subscription_item_id,
        -- attributes
        product_sku,
        billing_interval
    from ranked
    where place = 1
)

select * from final
