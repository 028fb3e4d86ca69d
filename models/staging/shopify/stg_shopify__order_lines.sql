with

source as (
    select * from {{ source('shopify', 'order_lines') }}
),

final as (
    select
        -- keys
        {{ shopify_id('id') }} as order_line_id,
        {{ shopify_id('order_id') }} as order_id,
        {{ shopify_id('product_id') }} as product_id,
        {{ shopify_id('variant_id') }} as variant_id,
        -- attributes
        nullif(trim(sku), '') as product_sku,
        title as product_name,
        upper(currency) as currency,
        -- measures
        quantity,
        {{ minor_units(
            'coalesce(price, cast(line_total / nullif(quantity, 0) as decimal(18, 6)))', 'currency'
        ) }} as unit_price_cents,
        {{ minor_units('total_discount', 'currency') }} as discount_cents,
        -- flags
        {{ is_latest([shopify_id('id')]) }} as is_latest,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
