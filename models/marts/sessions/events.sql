{# A view over the wide table: people are looked up when it is read, so a merge found today reaches
   every event. Select the columns that you need and filter on event_date. #}
with

events as (
    select * from {{ ref('int_events') }}
),

persons as (
    select person_id, first_seen_date
    from {{ ref('persons') }}
),

identified as (
    {{ with_person('events') }}
),

final as (
    select
        -- keys
        replace(cast(identified.event_id as string), '-', '') as event_id,
        identified.person_id,
        identified.source_name,
        identified.visitor_id,
        identified.device_id,
        identified.user_id,
        identified.source_session_id,
        identified.account_id,
        identified.run_id,
        identified.checkout_id,
        identified.email_hash,
        -- attributes
        identified.event_name,
        identified.source_event_name,
        identified.platform,
        identified.device_type,
        identified.operating_system,
        identified.browser,
        identified.language,
        identified.country,
        identified.city,
        identified.page_url,
        identified.page_title,
        identified.referrer,
        identified.utm_source,
        identified.utm_medium,
        identified.utm_campaign,
        identified.utm_content,
        identified.utm_term,
        identified.gclid,
        identified.fbclid,
        identified.traffic_source,
        identified.experiment_id,
        identified.variant,
        identified.user_intent,
        identified.content_category,
        identified.surface,
        identified.user_tenure,
        identified.feature_name,
        identified.form_type,
        identified.trial_path,
        identified.product_sku,
        identified.product_name,
        identified.currency,
        identified.properties,
        {{ user_tenure('identified.event_date', 'persons.first_seen_date') }} as computed_tenure,
        -- measures
        identified.amount_cents,
        identified.quantity,
        -- flags
        identified.is_bot,
        identified.is_clock_corrected,
        -- times, UTC, the local day, and where it landed
        identified.occurred_at,
        identified.received_at,
        identified.event_date,
        identified.landed_date,
        identified.file_name,
        identified.row_number_in_file
    from identified
    left join persons on identified.person_id = persons.person_id
)

select * from final
