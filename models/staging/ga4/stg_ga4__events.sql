{# GA4 gives events no id: session, name, time, place in the batch and the parameters tell them
   apart. #}
with

source as (
    select * from {{ source('ga4', 'events') }}
),

parsed as (
    select
        *,
        {{ json_struct('event_params', [
            'ga_session_id', 'page_location', 'page_title', 'page_referrer', 'source', 'medium',
            'campaign', 'content', 'term', 'gclid', 'experiment_id', 'variation_id', 'variant',
            'account_id', 'email', 'value', 'user_intent', 'content_category', 'surface',
            'user_tenure', 'feature_name', 'run_id', 'form_type', 'trial_path', 'product_sku',
            'product_name', 'currency'
        ]) }} as param
    from source
),

final as (
    select
        -- keys
        'ga4' as source_name,
        concat_ws(
            '|', user_pseudo_id, param.ga_session_id, event_name, event_timestamp, batch_page_id,
            batch_ordering_id, batch_event_index, md5(event_params)
        ) as source_event_id,
        user_pseudo_id as device_id,
        user_id,
        param.ga_session_id as source_session_id,
        param.account_id as account_id,
        param.run_id as run_id,
        cast(null as string) as checkout_id,
        {{ hashed('param.email') }} as email_hash,
        -- attributes
        event_name as source_event_name,
        case lower(platform)
            when 'ios' then 'ios' when 'android' then 'android' else 'web'
        end as platform,
        device_category as device_type,
        device_operating_system as operating_system,
        device_browser as browser,
        device_language as language,
        nullif(geo_country, '(not set)') as country,
        nullif(geo_city, '(not set)') as city,
        param.page_location as page_url,
        param.page_title as page_title,
        param.page_referrer as referrer,
        coalesce(collected_traffic_source_manual_source, param.source) as utm_source,
        coalesce(collected_traffic_source_manual_medium, param.medium) as utm_medium,
        coalesce(collected_traffic_source_manual_campaign_name, param.campaign) as utm_campaign,
        coalesce(collected_traffic_source_manual_content, param.content) as utm_content,
        coalesce(collected_traffic_source_manual_term, param.term) as utm_term,
        coalesce(collected_traffic_source_gclid, param.gclid) as gclid,
        {{ url_parameter('param.page_location', 'fbclid') }} as fbclid,
        param.experiment_id as experiment_id,
        coalesce(param.variation_id, param.variant) as variant,
        param.user_intent as user_intent,
        lower(trim(param.content_category)) as content_category,
        param.surface as surface,
        param.user_tenure as user_tenure,
        param.feature_name as feature_name,
        param.form_type as form_type,
        param.trial_path as trial_path,
        param.product_sku as product_sku,
        param.product_name as product_name,
        upper(param.currency) as currency,
        {{ without_personal_fields('event_params') }} as properties,
        -- measures
        {{ minor_units(
            'coalesce(ecommerce_purchase_revenue, try_cast(param.value as decimal(18, 6)))',
            'param.currency'
        ) }} as amount_cents,
        ecommerce_total_item_quantity as quantity,
        -- flags
        {{ is_bot("concat_ws(' ', device_browser, device_mobile_model_name)") }} as is_bot,
        case lower(privacy_info_analytics_storage) when 'yes' then true when 'no' then false end
            as has_consent,
        -- times, UTC
        event_timestamp as occurred_at,
        cast(null as timestamp) as received_at,
        -- landing
        _landed_at as landed_at,
        landed_date,
        _file as file_name,
        _row as row_number_in_file
    from parsed
)

select * from final
