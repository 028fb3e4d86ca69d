{# A view: people and channel groups are looked up when it is read, so that a merge found today and
   an edited seed reach every session. #}
with

sessions as (
    select * from {{ ref('int_sessions') }}
),

traffic_sources as (
    select traffic_source, source_category
    from {{ ref('traffic_sources') }}
),

persons as (
    select person_id, first_seen_date
    from {{ ref('persons') }}
),

funnel_steps as (
    select max(step_number) as step_count
    from {{ ref('funnel_steps') }}
    where funnel_name = '{{ var("default_funnel") }}'
),

identified as (
    {{ with_person('sessions') }}
),

with_medium as (
    select
        identified.*,
        first_sources.source_category as first_category,
        last_sources.source_category as last_category,
        {{ traffic_medium('identified.first_traffic_source', 'first_sources.source_category',
            'identified.first_utm_source', 'identified.first_utm_medium', 'identified.first_gclid',
            'identified.first_fbclid') }} as first_traffic_medium,
        {{ traffic_medium('identified.last_traffic_source', 'last_sources.source_category',
            'identified.last_utm_source', 'identified.last_utm_medium', 'identified.last_gclid',
            'identified.last_fbclid') }} as last_traffic_medium
    from identified
    left join traffic_sources as first_sources
        on identified.first_traffic_source = first_sources.traffic_source
    left join traffic_sources as last_sources
        on identified.last_traffic_source = last_sources.traffic_source
),

final as (
    select
        -- keys
        replace(cast(with_medium.session_id as string), '-', '') as session_id,
        with_medium.person_id,
        with_medium.source_name,
        with_medium.visitor_id,
        with_medium.device_id,
        with_medium.user_id,
        with_medium.checkout_id,
        with_medium.account_id,
        -- attributes
        with_medium.platform,
        with_medium.device_type,
        with_medium.operating_system,
        with_medium.browser,
        with_medium.language,
        with_medium.country,
        with_medium.entry_page_url,
        with_medium.exit_page_url,
        with_medium.referrer,
        coalesce(with_medium.first_traffic_source, '(direct)') as first_traffic_source,
        coalesce(with_medium.first_traffic_medium, '(none)') as first_traffic_medium,
        with_medium.first_utm_campaign as first_campaign,
        with_medium.first_utm_content as first_campaign_content,
        with_medium.first_utm_term as first_campaign_term,
        with_medium.first_gclid,
        with_medium.first_fbclid,
        {{ channel_group('with_medium.first_traffic_source', 'with_medium.first_traffic_medium',
            'with_medium.first_utm_campaign', 'with_medium.first_category') }} as channel_group,
        coalesce(with_medium.last_traffic_source, '(direct)') as last_traffic_source,
        coalesce(with_medium.last_traffic_medium, '(none)') as last_traffic_medium,
        with_medium.last_utm_campaign as last_campaign,
        {{ channel_group('with_medium.last_traffic_source', 'with_medium.last_traffic_medium',
            'with_medium.last_utm_campaign', 'with_medium.last_category') }} as last_channel_group,
        -- measures
        with_medium.event_count,
        with_medium.page_view_count,
        with_medium.key_event_count,
        with_medium.engaged_microseconds / 1e6 as engaged_seconds,
        {{ microseconds_between('with_medium.started_at', 'with_medium.ended_at') }} / 1e6
            as duration_seconds,
        with_medium.furthest_step,
        -- flags
        with_medium.furthest_step = funnel_steps.step_count as is_converted,
        with_medium.engaged_microseconds < {{ var('session_engaged_seconds') }} * 1000000
        and with_medium.page_view_count < 2
        and with_medium.key_event_count = 0 as is_bounce,
        with_medium.is_bot,
        with_medium.user_id is not null as is_logged_in,
        with_medium.has_several_users,
        coalesce(with_medium.session_date = persons.first_seen_date, false) as is_new_person,
        -- times, UTC, and the local day
        with_medium.started_at,
        with_medium.ended_at,
        with_medium.session_date
    from with_medium
    left join persons on with_medium.person_id = persons.person_id
    cross join funnel_steps
)

select * from final
