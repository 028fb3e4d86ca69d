{# Wide columns are fetched once sessions are cut, and only for the events that begin or end
   something. #}
with

spans as (
    select * from {{ ref('int_session_spans') }}
    where {{ session_days(of='session') }}
),

{% if is_incremental() -%}
span_bounds as (
    select distinct session_date as first_date, {{ local_date('ended_at') }} as last_date
    from spans
),

span_dates as (
    {{ days_between('span_bounds', 'first_date', 'last_date') }}
),
{%- endif %}

first_events as (
    select
        event_id,
        device_id,
        account_id,
        platform,
        device_type,
        operating_system,
        browser,
        language,
        country,
        user_intent,
        content_category,
        surface
    from {{ ref('int_events') }}
    where {{ session_days(of='event') }}
),

pages as (
    select event_id, page_url
    from {{ ref('int_events') }}
    where event_name = 'page_view' and {{ session_days(of='event') }}
),

touches as (
    select
        event_id,
        traffic_source,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        gclid,
        fbclid,
        referrer
    from {{ ref('int_events') }}
    where traffic_source is not null and {{ session_days(of='event') }}
),

checkouts as (
    select event_id, checkout_id
    from {{ ref('int_events') }}
    where checkout_id is not null and {{ session_days(of='event') }}
),

described as (
    select
        -- keys
        spans.session_id,
        spans.source_name,
        spans.visitor_id,
        first_events.device_id,
        spans.user_id,
        checkouts.checkout_id,
        first_events.account_id,
        {{ identifier_key("'device'", 'spans.source_name', 'first_events.device_id') }}
            as device_key,
        {{ identifier_key(login_type('spans.source_name'), "''", 'spans.user_id') }} as user_key,
        {{ identifier_key("'checkout'", "''", 'checkouts.checkout_id') }} as checkout_key,
        -- attributes
        first_events.platform,
        first_events.device_type,
        first_events.operating_system,
        first_events.browser,
        first_events.language,
        first_events.country,
        first_events.user_intent,
        first_events.content_category,
        first_events.surface,
        entry_pages.page_url as entry_page_url,
        exit_pages.page_url as exit_page_url,
        first_touches.referrer,
        first_touches.traffic_source as first_traffic_source,
        first_touches.utm_source as first_utm_source,
        first_touches.utm_medium as first_utm_medium,
        first_touches.utm_campaign as first_utm_campaign,
        first_touches.utm_content as first_utm_content,
        first_touches.utm_term as first_utm_term,
        first_touches.gclid as first_gclid,
        first_touches.fbclid as first_fbclid,
        last_touches.traffic_source as last_traffic_source,
        last_touches.utm_source as last_utm_source,
        last_touches.utm_medium as last_utm_medium,
        last_touches.utm_campaign as last_utm_campaign,
        last_touches.gclid as last_gclid,
        last_touches.fbclid as last_fbclid,
        -- measures
        spans.event_count,
        spans.page_view_count,
        spans.key_event_count,
        spans.engaged_microseconds,
        spans.furthest_step,
        -- flags
        spans.is_bot,
        spans.has_several_users,
        -- times, UTC, and the local day
        spans.started_at,
        spans.ended_at,
        spans.session_date
    from spans
    inner join first_events on spans.session_id = first_events.event_id
    left join pages as entry_pages on spans.entry_event_id = entry_pages.event_id
    left join pages as exit_pages on spans.exit_event_id = exit_pages.event_id
    left join touches as first_touches on spans.first_touch_event_id = first_touches.event_id
    left join touches as last_touches on spans.last_touch_event_id = last_touches.event_id
    left join checkouts on spans.checkout_event_id = checkouts.event_id
),

{% if is_incremental() -%}
void as (
    select sessions.* replace (0 as event_count)
    from {{ this }} as sessions
    left join spans on sessions.session_id = spans.session_id
    where
        sessions.session_id in {{ keys_changed_by('int_session_spans', 'uuid') }}
        and spans.session_id is null
),
{%- endif %}

final as (
    select * from described
    {%- if is_incremental() %}
    union all
    select * from void
    {%- endif %}
)

select * from final
