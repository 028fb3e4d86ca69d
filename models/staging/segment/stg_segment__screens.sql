with

source as (
    select * from {{ source('segment', 'screens') }}
),

parsed as (
    select
        *,
        {{ json_struct('properties', [
            'session_id', 'experiment_id', 'variation_id', 'variant', 'user_intent',
            'content_category', 'surface', 'user_tenure', 'feature_name', 'run_id', 'form_type',
            'trial_path'
        ]) }} as property
    from source
),

final as (
    select
        -- keys
        'segment' as source_name,
        id as source_event_id,
        anonymous_id as device_id,
        user_id,
        property.session_id as source_session_id,
        context_group_id as account_id,
        property.run_id as run_id,
        cast(null as string) as checkout_id,
        {{ hashed('email') }} as email_hash,
        -- attributes
        'screen' as source_event_name,
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
        cast(null as string) as page_url,
        name as page_title,
        cast(null as string) as referrer,
        context_campaign_source as utm_source,
        context_campaign_medium as utm_medium,
        context_campaign_name as utm_campaign,
        context_campaign_content as utm_content,
        context_campaign_term as utm_term,
        cast(null as string) as gclid,
        cast(null as string) as fbclid,
        property.experiment_id as experiment_id,
        coalesce(property.variation_id, property.variant) as variant,
        property.user_intent as user_intent,
        lower(trim(property.content_category)) as content_category,
        property.surface as surface,
        property.user_tenure as user_tenure,
        property.feature_name as feature_name,
        property.form_type as form_type,
        property.trial_path as trial_path,
        cast(null as string) as product_sku,
        cast(null as string) as product_name,
        cast(null as string) as currency,
        {{ without_personal_fields('properties') }} as properties,
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
    from parsed
)

select * from final
