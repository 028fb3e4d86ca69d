{# Who acted: distinct_id is a login unless it is the device's own id or the SDK says that nobody is
   identified; server-side SDKs send logins without a device. #}
with

source as (
    select * from {{ source('posthog', 'events') }}
),

parsed as (
    select
        *,
        {{ json_struct('properties', [
            'account_id', 'experiment_id', 'variant', 'user_intent', 'content_category', 'surface',
            'user_tenure', 'feature_name', 'run_id', 'form_type', 'trial_path', 'product_sku',
            'product_name', 'currency', 'amount', 'quantity'
        ]) }} as property
    from source
),

final as (
    select
        -- keys
        'posthog' as source_name,
        uuid as source_event_id,
        coalesce(device_id, anon_distinct_id) as device_id,
        coalesce(
            user_id,
            case
                when coalesce(is_identified, true) and distinct_id <> coalesce(device_id, '')
                    then distinct_id
            end
        ) as user_id,
        session_id as source_session_id,
        coalesce(group_company, property.account_id) as account_id,
        property.run_id as run_id,
        cast(null as string) as checkout_id,
        {{ hashed('email') }} as email_hash,
        -- attributes
        event as source_event_name,
        {{ platform_of('lib', 'os', 'raw_user_agent') }} as platform,
        device_type,
        os as operating_system,
        browser,
        language,
        geoip_country_code as country,
        geoip_city_name as city,
        current_url as page_url,
        coalesce(page_title, screen_name) as page_title,
        nullif(referrer, '$direct') as referrer,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        gclid,
        fbclid,
        coalesce(feature_flag, property.experiment_id) as experiment_id,
        coalesce(feature_flag_response, property.variant) as variant,
        property.user_intent as user_intent,
        lower(trim(property.content_category)) as content_category,
        property.surface as surface,
        property.user_tenure as user_tenure,
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
        {{ is_bot("concat_ws(' ', raw_user_agent, browser, device_type)") }} as is_bot,
        cast(null as boolean) as has_consent,
        -- times, UTC
        timestamp as occurred_at,
        coalesce(created_at, inserted_at) as received_at,
        -- landing
        _landed_at as landed_at,
        landed_date,
        _file as file_name,
        _row as row_number_in_file
    from parsed
)

select * from final
