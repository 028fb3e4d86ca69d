{# Who acted: distinct_id as it was sent, since a later merge rewrites it, is a device when it
   begins with $device: or equals device_id, else a login: server-side SDKs send logins without a
   device. The key is the vendor's, with time in whole seconds, so that exports in seconds and in
   milliseconds agree. #}
with

source as (
    select * from {{ source('mixpanel', 'events') }}
),

parsed as (
    select
        *,
        {{ json_struct('properties', [
            'session_id', 'account_id', 'experiment_id', 'variant', 'user_intent',
            'content_category', 'surface', 'user_tenure', 'feature_name', 'run_id', 'form_type',
            'trial_path', 'product_sku', 'product_name', 'currency', 'amount', 'quantity'
        ]) }} as property,
        coalesce(distinct_id_before_identity, distinct_id) as sent_distinct_id
    from source
),

final as (
    select
        -- keys
        'mixpanel' as source_name,
        concat_ws(
            '|', event, sent_distinct_id,
            {{ dbt.datediff("cast('1970-01-01' as timestamp)", 'time', 'second') }}, insert_id
        ) as source_event_id,
        coalesce(
            device_id,
            anon_id,
            case when sent_distinct_id like '$device:%' then substr(sent_distinct_id, 9) end
        ) as device_id,
        coalesce(
            user_id,
            identified_id,
            case
                when sent_distinct_id not like '$device:%'
                    and sent_distinct_id <> coalesce(device_id, '')
                    then sent_distinct_id
            end
        ) as user_id,
        property.session_id as source_session_id,
        property.account_id as account_id,
        property.run_id as run_id,
        cast(null as string) as checkout_id,
        {{ hashed('email') }} as email_hash,
        -- attributes
        event as source_event_name,
        {{ platform_of('lib', 'os', 'browser') }} as platform,
        coalesce(model, device) as device_type,
        os as operating_system,
        browser,
        language,
        country_code as country,
        city,
        current_url as page_url,
        page_title,
        referrer,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        gclid,
        fbclid,
        coalesce(experiment_name, property.experiment_id) as experiment_id,
        coalesce(variant_name, property.variant) as variant,
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
        {{ is_bot("concat_ws(' ', browser, device, model, os)") }} as is_bot,
        cast(null as boolean) as has_consent,
        -- times, UTC
        time as occurred_at,
        coalesce(api_timestamp, processing_time) as received_at,
        -- landing
        _landed_at as landed_at,
        landed_date,
        _file as file_name,
        _row as row_number_in_file
    from parsed
)

select * from final
