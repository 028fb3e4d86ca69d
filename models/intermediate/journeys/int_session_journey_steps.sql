{# The journeys within sessions, step by step. Events and sessions are put in one order of time, which
   says which session an event belongs to: a session begins with its first event. A run restates the
   sessions that have changed. Longer than a screen, since finding them and reading them belong
   together. #}
{%- set visitor_hash = row_hash(['source_name', 'visitor_id']) %}
{%- set in_order = 'partition by visitor_hash order by occurred_at, event_id, is_event' %}
with

rules as (
    select * from {{ ref('int_journey_step_rules') }}
    where scope = 'session'
),

key_events as (
    select event_name from {{ ref('key_events') }}
),

{% if is_incremental() -%}
changed as (
    select changed_key as session_id from {{ keys_changed_by('int_session_spans', 'uuid') }}
),

changed_sessions as (
    select source_name, visitor_id, session_date, {{ local_date('ended_at') }} as last_date
    from {{ ref('int_sessions') }}
    where session_id in (select changed.session_id from changed)
),

session_bounds as (
    select distinct session_date as first_date, last_date from changed_sessions
),

session_dates as (
    {{ days_between('session_bounds', 'first_date', 'last_date') }}
),
{%- endif %}

sessions as (
    select
        session_id,
        source_name,
        device_id,
        user_id,
        checkout_id,
        session_date,
        ended_at + interval {{ var('session_timeout_minutes') }} minutes as closes_at
    from {{ ref('int_sessions') }}
    where
        not is_bot and {{ in_this_pass(visitor_hash) }}
        {% if is_incremental() -%}
        and session_id in (select changed.session_id from changed)
        {%- endif %}
),

in_time as (
    select
        {{ visitor_hash }} as visitor_hash,
        session_id as begun_session_id,
        session_id as event_id,
        0 as is_event,
        null as source_name,
        null as event_name,
        null as property_name,
        null as property_value,
        started_at as occurred_at
    from {{ ref('int_sessions') }}
    where
        not is_bot and {{ in_this_pass(visitor_hash) }}
        {% if is_incremental() -%}
        and visitor_id in (select changed_sessions.visitor_id from changed_sessions)
        {%- endif %}
    union all
    select
        {{ visitor_hash }},
        null,
        event_id,
        1,
        source_name,
        event_name,
        property_name,
        property_value,
        occurred_at
    from {{ ref('int_journey_events') }}
    where
        {{ in_this_pass(visitor_hash) }}
        {% if is_incremental() -%}
        and visitor_id in (select changed_sessions.visitor_id from changed_sessions)
        and event_date in (select session_dates.date_day from session_dates)
        {%- endif %}
),

assigned as (
    select
        *,
        {{ last_known('begun_session_id', in_order) }} as session_id,
        row_number() over ({{ in_order }}) as place
    from in_time
),

of_sessions as (
    select session_id, source_name, event_name, property_name, property_value, place, occurred_at
    from assigned
    where
        is_event = 1
        and session_id {{ 'in (select changed.session_id from changed)' if is_incremental() else 'is not null' }}
),

found as (
    {{ as_journey_steps('of_sessions', ['session_id', 'place', 'occurred_at']) }}
),

{{ journey_step_ctes(['session_id']) }},

final as (
    select
        -- keys
        kept.journey_name,
        kept.session_id,
        {%- for key, type, scope, value in [
            ('device_key', "'device'", 'sessions.source_name', 'device_id'),
            ('user_key', login_type('sessions.source_name'), "''", 'user_id'),
            ('checkout_key', "'checkout'", "''", 'checkout_id')
        ] %}
        case when kept.is_first then {{ identifier_key(type, scope, 'sessions.' ~ value) }} end
            as {{ key }},
        {%- endfor %}
        -- attributes
        kept.step_name,
        kept.next_step_name,
        -- measures
        kept.step_number,
        kept.collapsed_count,
        {{ microseconds_between('kept.first_at', 'kept.occurred_at') }} as microseconds_since_start,
        case when kept.is_first then {{ microseconds_between('kept.first_at', 'kept.last_at') }} end
            as duration_microseconds,
        -- flags
        kept.is_first,
        kept.is_end,
        kept.is_loop,
        case when kept.is_first then kept.is_converted end as is_converted,
        -- times, UTC, and the local day
        sessions.closes_at,
        sessions.session_date
    from kept
    inner join sessions on kept.session_id = sessions.session_id
    {%- if is_incremental() %}
    union all
    select distinct
        null, steps.session_id, null, null, null, null, null, null, null, null, null, null, null,
        null, null, null, steps.session_date
    from {{ this }} as steps
    where steps.session_id in (select changed.session_id from changed)
    {%- endif %}
)

select * from final
