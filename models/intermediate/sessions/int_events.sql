{# The one wide table of the warehouse: everything after it reads it, or something smaller. #}
with

judged as (
    select * from {{ ref('int_events_judged') }}
    where reject_reason is null
),

copies as (
    select source_name, file_name, row_number_in_file, landed_date
    from {{ ref('int_event_copies') }}
),

event_names as (
    select source_name, source_event_name, event_name
    from {{ ref('event_names') }}
),

firsts as (
    select judged.*
    from judged
    left join copies
        on
            judged.source_name = copies.source_name
            and judged.file_name = copies.file_name
            and judged.row_number_in_file = copies.row_number_in_file
            and judged.landed_date = copies.landed_date
    where copies.source_name is null
),

final as (
    select
        -- keys
        firsts.event_id,
        firsts.source_name,
        firsts.device_id,
        firsts.user_id,
        firsts.source_session_id,
        firsts.account_id,
        firsts.run_id,
        firsts.checkout_id,
        firsts.email_hash,
        -- attributes
        coalesce(event_names.event_name, firsts.source_event_name) as event_name,
        firsts.source_event_name,
        firsts.platform,
        firsts.device_type,
        firsts.operating_system,
        firsts.browser,
        firsts.language,
        firsts.country,
        firsts.city,
        firsts.page_url,
        firsts.page_title,
        firsts.referrer,
        firsts.utm_source,
        firsts.utm_medium,
        firsts.utm_campaign,
        firsts.utm_content,
        firsts.utm_term,
        firsts.gclid,
        firsts.fbclid,
        firsts.experiment_id,
        firsts.variant,
        firsts.user_intent,
        firsts.content_category,
        firsts.surface,
        firsts.user_tenure,
        firsts.feature_name,
        firsts.form_type,
        firsts.trial_path,
        firsts.product_sku,
        firsts.product_name,
        firsts.currency,
        firsts.properties,
        -- measures
        firsts.amount_cents,
        firsts.quantity,
        -- flags
        firsts.is_bot,
        firsts.is_clock_corrected,
        -- times, UTC, and the local day
        firsts.usable_at as occurred_at,
        firsts.received_at,
        {{ local_date('firsts.usable_at') }} as event_date,
        firsts.landed_date
    from firsts
    left join event_names
        on
            firsts.source_name = event_names.source_name
            and firsts.source_event_name = event_names.source_event_name
)

select * from final
