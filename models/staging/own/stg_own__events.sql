with

source as (
    select * from {{ source('own', 'events') }}
),

parsed as (
    select
        *,
        {{ json_struct('properties', [
            'page_url', 'page_title', 'referrer', 'utm_source', 'utm_medium', 'utm_campaign',
            'utm_content', 'utm_term', 'gclid', 'fbclid', 'account_id', 'checkout_id',
            'device_type', 'operating_system', 'browser', 'language', 'country', 'city',
            'feature_name', 'run_id', 'form_type', 'trial_path', 'product_sku', 'product_name',
            'currency', 'amount', 'quantity'
        ]) }} as property
    from source
),

final as (
    select
        -- keys
        'own' as source_name,
        coalesce(event_id, concat_ws(
            '|', device_id, user_id, session_id, event_type, timestamp, md5(properties)
        )) as source_event_id,
        device_id,
        user_id,
        session_id as source_session_id,
        property.account_id as account_id,
        property.run_id as run_id,
        property.checkout_id as checkout_id,
        {{ hashed('email') }} as email_hash,
        -- attributes
        event_type as source_event_name,
        case
            when lower(platform) in ('ios', 'android', 'desktop') then lower(platform) else 'web'
        end as platform,
        property.device_type as device_type,
        property.operating_system as operating_system,
        coalesce(property.browser, {{ browser_of('user_agent') }}) as browser,
        property.language as language,
        property.country as country,
        property.city as city,
        property.page_url as page_url,
        property.page_title as page_title,
        property.referrer as referrer,
        property.utm_source as utm_source,
        property.utm_medium as utm_medium,
        property.utm_campaign as utm_campaign,
        property.utm_content as utm_content,
        property.utm_term as utm_term,
        property.gclid as gclid,
        property.fbclid as fbclid,
        experiment_id,
        variant,
        user_intent,
        lower(trim(content_category)) as content_category,
        surface,
        user_tenure,
        property.feature_name as feature_name,
        property.form_type as form_type,
        property.trial_path as trial_path,
        property.product_sku as product_sku,
        property.product_name as product_name,
        upper(property.currency) as currency,
        {{ without_personal_fields('properties') }} as properties,
        -- measures
        {{ minor_units('try_cast(property.amount as decimal(18, 3))', 'property.currency') }}
            as amount_cents,
        cast(round(try_cast(property.quantity as decimal(18, 3))) as bigint) as quantity,
        -- flags
        {{ is_bot('user_agent') }} as is_bot,
        has_consent,
        -- times, UTC
        timestamp as occurred_at,
        received_at,
        -- landing
        _landed_at as landed_at,
        landed_date,
        _file as file_name,
        _row as row_number_in_file
    from parsed
)

select * from final
