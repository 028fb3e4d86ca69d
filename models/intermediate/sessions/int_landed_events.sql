{# The one wide table of the warehouse: landing is read here, once, and everything after it reads
   this table's narrow columns. A landed day is taken in as a whole, so taking it in twice is
   harmless. int_landings has to be there first: it says which days those are. #}
-- depends_on: {{ ref('int_landings') }}
with

judged as (
    select * from {{ ref('int_events_judged') }}
    where {{ is_of_this_run('landed_date') }}
),

event_names as (
    select source_name, source_event_name, event_name
    from {{ ref('event_names') }}
),

final as (
    select
        -- keys
        judged.event_id,
        judged.source_name,
        coalesce(judged.device_id, judged.user_id) as visitor_id,
        judged.device_id,
        judged.user_id,
        judged.source_session_id,
        judged.account_id,
        judged.run_id,
        judged.checkout_id,
        judged.email_hash,
        -- attributes
        coalesce(event_names.event_name, judged.source_event_name) as event_name,
        judged.source_event_name,
        judged.platform,
        judged.device_type,
        judged.operating_system,
        judged.browser,
        judged.language,
        judged.country,
        judged.city,
        judged.page_url,
        judged.page_title,
        judged.referrer,
        judged.utm_source,
        judged.utm_medium,
        judged.utm_campaign,
        judged.utm_content,
        judged.utm_term,
        judged.gclid,
        judged.fbclid,
        {{ traffic_source('judged.utm_source', 'judged.utm_medium', 'judged.gclid', 'judged.fbclid',
            'judged.referrer', 'judged.page_url') }} as traffic_source,
        judged.experiment_id,
        judged.variant,
        judged.user_intent,
        judged.content_category,
        judged.surface,
        judged.user_tenure,
        judged.feature_name,
        judged.form_type,
        judged.trial_path,
        judged.product_sku,
        judged.product_name,
        judged.currency,
        judged.properties,
        judged.reject_reason,
        -- measures
        judged.amount_cents,
        judged.quantity,
        -- flags
        judged.is_bot,
        judged.is_clock_corrected,
        -- times, UTC, and the local day
        judged.usable_at as occurred_at,
        judged.received_at,
        case
            when judged.reject_reason is null then {{ local_date('judged.usable_at') }}
            else judged.landed_date
        end as event_date,
        -- landing
        judged.landed_at,
        judged.landed_date,
        judged.file_name,
        judged.row_number_in_file
    from judged
    left join event_names
        on
            judged.source_name = event_names.source_name
            and judged.source_event_name = event_names.source_event_name
)

select * from final
