{# A standard event's data is never passed on whole: a checkout holds addresses and telephone
   numbers. `properties` is put together from what the shop's marts need. #}
with

source as (
    select * from {{ source('shopify', 'pixel_events') }}
),

parsed as (
    select
        *,
        {{ json_struct('custom_data', ['experiment_id', 'variant']) }} as custom
    from source
),

final as (
    select
        -- keys
        'shopify' as source_name,
        id as source_event_id,
        client_id as device_id,
        {{ shopify_id('customer_id') }} as user_id,
        cast(null as string) as source_session_id,
        cast(null as string) as account_id,
        cast(null as string) as run_id,
        checkout_token as checkout_id,
        {{ hashed('email') }} as email_hash,
        -- attributes
        name as source_event_name,
        'web' as platform,
        cast(null as string) as device_type,
        cast(null as string) as operating_system,
        {{ browser_of('user_agent') }} as browser,
        language,
        cast(null as string) as country,
        cast(null as string) as city,
        page_url,
        page_title,
        nullif(referrer, '') as referrer,
        {{ url_parameter('page_url', 'utm_source') }} as utm_source,
        {{ url_parameter('page_url', 'utm_medium') }} as utm_medium,
        {{ url_parameter('page_url', 'utm_campaign') }} as utm_campaign,
        {{ url_parameter('page_url', 'utm_content') }} as utm_content,
        {{ url_parameter('page_url', 'utm_term') }} as utm_term,
        {{ url_parameter('page_url', 'gclid') }} as gclid,
        {{ url_parameter('page_url', 'fbclid') }} as fbclid,
        custom.experiment_id as experiment_id,
        custom.variant as variant,
        cast(null as string) as user_intent,
        cast(null as string) as content_category,
        cast(null as string) as surface,
        cast(null as string) as user_tenure,
        cast(null as string) as feature_name,
        cast(null as string) as form_type,
        cast(null as string) as trial_path,
        nullif(sku, '') as product_sku,
        product_title as product_name,
        upper(currency) as currency,
        {{ json_object_of({
            'type': 'type',
            'product_id': shopify_id('product_id'),
            'product_type': 'product_type',
            'product_vendor': 'product_vendor',
            'variant_id': shopify_id('variant_id'),
            'variant_title': 'variant_title',
            'collection_id': shopify_id('collection_id'),
            'collection_title': 'collection_title',
            'cart_id': 'cart_id',
            'order_id': shopify_id('order_id'),
            'customer_id': shopify_id('customer_id'),
            'is_first_order': 'is_first_order',
            'search_query': 'search_query',
            'subtotal_cents': minor_units('subtotal_price', 'currency'),
            'line_items': 'line_items',
            'cart_lines': 'cart_lines',
            'custom_data': without_personal_fields('custom_data')
        }) }} as properties,
        -- measures
        {{ minor_units('coalesce(total_price, cart_total, line_total, price)', 'currency') }}
            as amount_cents,
        quantity,
        -- flags
        {{ is_bot('user_agent') }} as is_bot,
        cast(null as boolean) as has_consent,
        -- times, UTC
        timestamp as occurred_at,
        cast(null as timestamp) as received_at,
        -- landing
        _landed_at as landed_at,
        landed_date,
        _file as file_name,
        _row as row_number_in_file
    from parsed
)

select * from final
