{# A run looks at the visitors whose rows arrived: the first session that is known stays, unless
   rows arrived that may belong to it; then it is read again, beside the sessions of the days at
   hand. #}
-- depends_on: {{ ref('int_changed_visitor_days') }}
with

{% if is_incremental() -%}
changed as (
    select
        source_name,
        visitor_id,
        min(event_date) as first_date
    from {{ ref('int_changed_visitor_days') }}
    group by 1, 2
),

known as (
    select
        visits.*,
        visits.ended_date + {{ 1 + var('session_timeout_minutes') // 1440 }} < changed.first_date
            as is_certain
    from {{ this }} as visits
    inner join changed
        on visits.source_name = changed.source_name and visits.visitor_id = changed.visitor_id
),

dates as (
    select event_date as session_date from {{ ref('int_changed_visitor_days') }}
    union
    select session_date from known where not is_certain
),
{%- endif %}

traffic_sources as (
    select traffic_source, source_category from {{ ref('traffic_sources') }}
),

sessions as (
    select
        sessions.session_id,
        sessions.source_name,
        sessions.visitor_id,
        sessions.device_key,
        sessions.user_key,
        sessions.checkout_key,
        {{ channel_group('sessions.first_traffic_source',
            traffic_medium('sessions.first_traffic_source', 'traffic_sources.source_category',
                'sessions.first_utm_source', 'sessions.first_utm_medium', 'sessions.first_gclid',
                'sessions.first_fbclid'),
            'sessions.first_utm_campaign', 'traffic_sources.source_category') }} as channel_group,
        sessions.started_at,
        sessions.session_date,
        {{ local_date('sessions.ended_at') }} as ended_date
    from {{ ref('int_sessions') }} as sessions
    left join traffic_sources
        on sessions.first_traffic_source = traffic_sources.traffic_source
    {% if is_incremental() -%}
    semi join changed
        on sessions.source_name = changed.source_name and sessions.visitor_id = changed.visitor_id
    {%- endif %}
    where
        not sessions.is_bot
    {% if is_incremental() -%}
    and sessions.session_date in (select dates.session_date from dates)
    {%- endif %}
),

candidates as (
    select * from sessions
    {%- if is_incremental() %}
    union all
    select
        session_id,
        source_name,
        visitor_id,
        device_key,
        user_key,
        checkout_key,
        channel_group,
        started_at,
        session_date,
        ended_date
    from known
    where is_certain
    {%- endif %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source_name, visitor_id, user_key, checkout_key
            order by started_at, session_id
        ) as visit_number
    from candidates
),

final as (
    select
        session_id,
        source_name,
        visitor_id,
        device_key,
        user_key,
        checkout_key,
        channel_group,
        started_at,
        session_date,
        ended_date
    from ranked
    where visit_number = 1
    {%- if is_incremental() %}
    union all
    select
        null, source_name, visitor_id, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
