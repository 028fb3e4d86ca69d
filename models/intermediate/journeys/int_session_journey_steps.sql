{# The journeys within sessions, step by step. A run restates the sessions that have changed. Longer
   than a screen: finding sessions, and the events in them, belongs to reading them. #}
{%- set in_pass = in_this_pass(row_hash(['source_name', 'visitor_id'])) %}
with

rules as (
    select * from {{ ref('int_journey_step_rules') }}
    where scope = 'session'
),

step_names as (
    select distinct step_key, journey_name, step_name from rules
),

{% if is_incremental() -%}
changed as (
    select changed_key as session_id from {{ keys_changed_by('int_session_spans', 'uuid') }}
),

changed_visitors as (
    select distinct visitor_id from {{ ref('int_sessions') }}
    where session_id in (select changed.session_id from changed)
),
{%- endif %}

{# A session lasts until its visitor's next one, which begins with its first event: where sessions
   are split within one microsecond, only that tells them apart. #}
sessions as (
    select
        session_id,
        source_name,
        visitor_id,
        is_bot,
        started_at,
        ended_at,
        session_date,
        {{ local_date('ended_at') }} as last_date,
        lead(session_id) over (
            partition by source_name, visitor_id order by started_at, session_id
        ) as next_session_id,
        lead(started_at) over (
            partition by source_name, visitor_id order by started_at, session_id
        ) as next_started_at
    from {{ ref('int_sessions') }}
    where
        {{ in_pass }}
    {% if is_incremental() -%}
    and visitor_id in (select changed_visitors.visitor_id from changed_visitors)
    {%- endif %}
),

bounds as (
    select * from sessions
    where
        not is_bot
    {% if is_incremental() -%}
    and session_id in (select changed.session_id from changed)
    {%- endif %}
),

long_bounds as (
    select distinct session_date + 2 as first_date, last_date
    from bounds
    where last_date > session_date + 1
),

long_dates as (
    {{ days_between('long_bounds', 'first_date', 'last_date') }}
),

long_days as (
    select distinct date_day from long_dates
),

{# Each session once for each day that it touches: on equal days events are found fast. #}
session_days as (
    select *, session_date as event_date from bounds
    union all
    select *, session_date + 1 from bounds
    where last_date > session_date
    union all
    select bounds.*, long_days.date_day
    from bounds
    inner join long_days
        on long_days.date_day between bounds.session_date + 2 and bounds.last_date
),

found as (
    select
        session_days.session_id,
        events.event_id,
        events.occurred_at,
        rules.journey_key,
        rules.step_key,
        rules.longest_path,
        rules.is_start,
        rules.is_end,
        rules.has_end,
        rules.is_backward,
        rules.collapses_repeats,
        rules.is_key_event
    from {{ ref('int_journey_events') }} as events
    inner join session_days
        on
            events.source_name = session_days.source_name
            and events.visitor_id = session_days.visitor_id
            and events.event_date = session_days.event_date
            and events.occurred_at between session_days.started_at and session_days.ended_at
            and (
                events.occurred_at > session_days.started_at
                or events.event_id >= session_days.session_id
            )
            and (
                session_days.next_started_at is null
                or events.occurred_at < session_days.next_started_at
                or events.event_id < session_days.next_session_id
            )
    inner join rules
        on
            events.source_name = rules.source_name
            and events.event_name = rules.event_name
            and coalesce(events.property_value, '') = rules.property_value
    where
        {{ in_this_pass(row_hash(['events.source_name', 'events.visitor_id'])) }}
    {% if is_incremental() -%}
    and events.event_date in (select session_days.event_date from session_days)
    {%- endif %}
),

{{ journey_step_ctes(['session_id']) }},

described as (
    select
        session_id,
        session_date,
        ended_at + interval {{ var('session_timeout_minutes') }} minutes as closes_at,
        {{ identifier_key("'device'", 'source_name', 'device_id') }} as device_key,
        {{ identifier_key(login_type('source_name'), "''", 'user_id') }} as user_key,
        {{ identifier_key("'checkout'", "''", 'checkout_id') }} as checkout_key
    from {{ ref('int_sessions') }}
    where
        {{ in_pass }}
    {% if is_incremental() -%}
    and session_id in (select changed.session_id from changed)
    {%- endif %}
),

final as (
    select
        -- keys
        step_names.journey_name,
        kept.session_id,
        case when kept.is_first then described.device_key end as device_key,
        case when kept.is_first then described.user_key end as user_key,
        case when kept.is_first then described.checkout_key end as checkout_key,
        -- attributes
        step_names.step_name,
        case when kept.is_cut then '(more)' else following.step_name end as next_step_name,
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
        described.closes_at,
        described.session_date
    from kept
    inner join described on kept.session_id = described.session_id
    inner join step_names on kept.step_key = step_names.step_key
    left join step_names as following on kept.following_step_key = following.step_key
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
