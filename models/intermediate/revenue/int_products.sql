{# Stripe has no field for the SKU: it is in the metadata, else in the id of a price that follows
   plan_<sku>_<interval>ly. #}
with

products as (
    select
        coalesce(account_id, '') as account_id,
        product_id,
        default_price_id,
        product_sku,
        product_name,
        is_active and not is_deleted as is_active
    from {{ ref('stg_stripe__products') }}
    where is_latest and coalesce(is_live, true)
),

prices as (
    select
        coalesce(account_id, '') as account_id,
        product_id,
        price_id
    from {{ ref('stg_stripe__prices') }}
    where is_latest and coalesce(is_live, true) and product_id is not null
),

named as (
    select
        account_id,
        product_id,
        min(
            case
                when {{ matches('price_id', '^plan_[a-z0-9]+_(day|week|month|year)ly') }}
                    then upper(split_part(price_id, '_', 2))
            end
        ) as product_sku
    from prices
    group by 1, 2
),

final as (
    select
        -- keys
        coalesce(products.account_id, named.account_id) as account_id,
        coalesce(products.product_id, named.product_id) as product_id,
        products.default_price_id,
        -- attributes
        coalesce(products.product_sku, named.product_sku) as product_sku,
        products.product_name,
        -- flags
        products.is_active
    from products
    full outer join named
        on
            products.account_id = named.account_id
            and products.product_id = named.product_id
)

select * from final
