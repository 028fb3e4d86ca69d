with

source as (
    select * from {{ source('amplitude', 'events') }}
),

parsed as (
    select
        *,
        {{ json_struct('event_properties', [
            'page_url', 'page_title', 'referrer', 'utm_source', 'utm_medium', 'utm_campaign',
            'utm_content', 'utm_term', 'gclid', 'fbclid', 'flag_key', 'experiment_key', 'variant',
            'user_intent', 'content_category', 'surface', 'user_tenure', 'feature_name', 'run_id',
            'form_type', 'trial_path', 'product_sku', 'product_name', 'currency', 'amount', 'quantity',
            'email'
        ]) }} as property,
        {{ json_struct('groups', ['account']) }} as account_group
    from source
),

final as (
    select
        -- keys
        'amplitude' as source_name,
        coalesce(
            insert_id,
            concat_ws(
                '|', device_id, user_id, event_type, event_id,
                coalesce(client_event_time, event_time)
            )
        ) as source_event_id,
        device_id,
        user_id,
        cast(nullif(session_id, -1) as string) as source_session_id,
        account_group.account as account_id,
        property.run_id as run_id,
        cast(null as string) as checkout_id,
        {{ hashed('property.email') }} as email_hash,
        -- attributes
        event_type as source_event_name,
        case lower(platform)
            when 'ios' then 'ios' when 'android' then 'android' else 'web'
        end as platform,
        device_type,
        os_name as operating_system,
        device_family as browser,
        language,
        country,
        city,
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
        coalesce(property.experiment_key, property.flag_key) as experiment_id,
        property.variant as variant,
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
        {{ without_personal_fields('event_properties') }} as properties,
        -- measures
        {{ minor_units('try_cast(property.amount as decimal(18, 3))', 'property.currency') }}
            as amount_cents,
        cast(round(try_cast(property.quantity as decimal(18, 3))) as bigint) as quantity,
        -- flags
        {{ is_bot("concat_ws(' ', os_name, device_family, device_type)") }} as is_bot,
        cast(null as boolean) as has_consent,
        -- times, UTC
        event_time as occurred_at,
        server_upload_time as received_at,
        -- landing
        _landed_at as landed_at,
        landed_date,
        _file as file_name,
        _row as row_number_in_file
    from parsed
)

select * from final
