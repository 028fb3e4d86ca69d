{# The event by which each person starts, once ever or once a period. Any activity counts by the days
   on which a person was active; what the event would say of it comes from the first session then.
   A run restates the persons with new events. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

definitions as (
    select distinct
        start_event,
        coalesce(start_filter, '') as start_filter,
        case when cohort_kind = 'first_time' then 'ever' else period end as once_per
    from {{ ref('retentions') }}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

{% if is_incremental() -%}
changed as (
    select * from {{ ref('int_changed_persons') }}
),

changed_identifiers as (
    select identifier_value from {{ ref('int_person_identifiers') }}
    where identifier_key in (select changed.identifier_key from changed)
),
{%- endif %}

named_events as (
    select * from {{ ref('int_named_events') }}
    where
        event_name in (select definitions.start_event from definitions)
        and property_name = ''
    {% if is_incremental() -%}
    and (
        device_key in (select changed.identifier_key from changed)
        or user_key in (select changed.identifier_key from changed)
        or checkout_key in (select changed.identifier_key from changed)
    )
    {%- endif %}
),

identified_events as (
    {{ with_person_key('named_events') }}
),

first_days as (
    select
        definitions.start_event,
        definitions.start_filter,
        definitions.once_per,
        active_days.entity_key as person_key,
        min(active_days.event_date) as start_date
    from {{ ref('int_active_days') }} as active_days
    inner join definitions on definitions.start_event = '*'
    where
        active_days.entity_type = 'person'
    {% if is_incremental() -%}
    and active_days.entity_key in (select changed.person_key from changed)
    {%- endif %}
    group by 1, 2, 3, 4, {{ period_number('active_days.event_date', 'definitions.once_per') }}
),

sessions as (
    select
        session_id,
        {{ identifier_key("'device'", 'source_name', 'device_id') }} as device_key,
        {{ identifier_key(login_type('source_name'), "''", 'user_id') }} as user_key,
        {{ identifier_key("'checkout'", "''", 'checkout_id') }} as checkout_key,
        platform,
        device_type,
        country,
        started_at,
        session_date as first_date,
        {{ local_date('ended_at') }} as last_date
    from {{ ref('int_sessions') }}
    where
        not is_bot
        and exists (select 1 from definitions where definitions.start_event = '*')
    {% if is_incremental() -%}
    and (
        device_id in (select changed_identifiers.identifier_value from changed_identifiers)
        or user_id in (select changed_identifiers.identifier_value from changed_identifiers)
        or checkout_id in (select changed_identifiers.identifier_value from changed_identifiers)
    )
    {%- endif %}
),

identified_sessions as (
    {{ with_person_key('sessions') }}
),

starts as (
    select
        definitions.start_event,
        definitions.start_filter,
        definitions.once_per,
        events.person_key,
        events.event_id,
        events.platform,
        events.device_type,
        events.country,
        events.user_intent,
        events.content_category,
        events.surface,
        events.occurred_at as started_at,
        events.event_date as start_date
    from identified_events as events
    inner join definitions
        on
            events.event_name = definitions.start_event
            and events.filter_name = definitions.start_filter
    where
        events.person_key is not null
    {% if is_incremental() -%}
    and events.person_key in (select changed.person_key from changed)
    {%- endif %}
    union all
    select
        first_days.start_event,
        first_days.start_filter,
        first_days.once_per,
        first_days.person_key,
        sessions.session_id,
        sessions.platform,
        sessions.device_type,
        sessions.country,
        null,
        null,
        null,
        sessions.started_at,
        first_days.start_date
    from first_days
    left join identified_sessions as sessions
        on
            first_days.person_key = sessions.person_key
            and first_days.start_date between sessions.first_date and sessions.last_date
),

numbered as (
    select
        *,
        row_number() over (
            partition by
                start_event,
                start_filter,
                once_per,
                person_key,
                {{ period_number('start_date', 'once_per') }}
            order by start_date, started_at, event_id
        ) as turn
    from starts
),

final as (
    select * except (turn)
    from numbered
    where turn = 1
    {%- if is_incremental() %}
    union all
    select distinct
        null, null, null, person_key, null, null, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
