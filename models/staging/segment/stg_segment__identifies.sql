with

source as (
    select * from {{ source('segment', 'identifies') }}
),

final as (
    select
        -- keys
        'segment' as source_name,
        id as source_event_id,
        anonymous_id as device_id,
        user_id,
        cast(null as string) as source_session_id,
        context_group_id as account_id,
        cast(null as string) as run_id,
        cast(null as string) as checkout_id,
        {{ hashed('email') }} as email_hash,
        -- attributes
        'identify' as source_event_name,
        {{ platform_of(
            'context_library_name', "concat_ws(' ', context_os_name, context_device_type)",
            'context_user_agent'
        ) }} as platform,
        context_device_type as device_type,
        context_os_name as operating_system,
        {{ browser_of('context_user_agent') }} as browser,
        context_locale as language,
        cast(null as string) as country,
        cast(null as string) as city,
        context_page_url as page_url,
        context_page_title as page_title,
        nullif(context_page_referrer, '') as referrer,
        context_campaign_source as utm_source,
        context_campaign_medium as utm_medium,
        context_campaign_name as utm_campaign,
        context_campaign_content as utm_content,
        context_campaign_term as utm_term,
        {{ url_parameter('context_page_url', 'gclid') }} as gclid,
        {{ url_parameter('context_page_url', 'fbclid') }} as fbclid,
        cast(null as string) as experiment_id,
        cast(null as string) as variant,
        cast(null as string) as user_intent,
        cast(null as string) as content_category,
        cast(null as string) as surface,
        cast(null as string) as user_tenure,
        cast(null as string) as feature_name,
        cast(null as string) as form_type,
        cast(null as string) as trial_path,
        cast(null as string) as product_sku,
        cast(null as string) as product_name,
        cast(null as string) as currency,
        {{ without_personal_fields('traits') }} as properties,
        -- measures
        cast(null as bigint) as amount_cents,
        cast(null as bigint) as quantity,
        -- flags
        {{ is_bot('context_user_agent') }} as is_bot,
        {{ json_text('context_consent_category_preferences', var('consent_category')) }} <> 'false'
            as has_consent,
        -- times, UTC
        coalesce(timestamp, original_timestamp, sent_at, received_at) as occurred_at,
        received_at,
        -- landing
        _landed_at as landed_at,
        landed_date,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
