with

source as (
    select * from {{ source('shopify', 'orders') }}
),

final as (
    select
        -- keys
        {{ shopify_id('id') }} as order_id,
        checkout_token as checkout_id,
        cart_token,
        {{ shopify_id('customer_id') }} as customer_id,
        order_number,
        {{ hashed('email') }} as email_hash,
        -- attributes
        lower(financial_status) as financial_status,
        lower(fulfillment_status) as fulfillment_status,
        lower(cancel_reason) as cancel_reason,
        lower(source_name) as sales_channel,
        landing_site as landing_page,
        referring_site as referrer,
        upper(currency) as currency,
        -- measures
        {{ minor_units('total_price', 'currency') }} as total_cents,
        {{ minor_units('subtotal_price', 'currency') }} as subtotal_cents,
        {{ minor_units('total_tax', 'currency') }} as tax_cents,
        {{ minor_units('total_discounts', 'currency') }} as discount_cents,
        -- flags
        taxes_included as has_tax_in_prices,
        coalesce(test, false) as is_test,
        {{ is_latest([shopify_id('id')], ['updated_at', 'created_at']) }} as is_latest,
        -- times, UTC
        coalesce(processed_at, created_at) as ordered_at,
        created_at,
        updated_at,
        cancelled_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
