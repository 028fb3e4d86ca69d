{# The event by which each person starts, once ever or once a period. Any activity counts by the days
   on which a person was active; what an event would say of it comes from the first session then.
   A run restates the persons with new events. Longer than a screen: one idea for two kinds. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set columns = [
    'event_id', 'platform', 'device_type', 'country', 'user_intent', 'content_category', 'surface',
    'started_at', 'start_date'
] %}
with

definitions as (
    select distinct
        start_event,
        coalesce(start_filter, '') as start_filter,
        case when cohort_kind = 'first_time' then 'ever' else period end as once_per
    from {{ ref('retentions') }}
),

{% if is_incremental() -%}
changed as (
    select * from {{ ref('int_changed_persons') }}
),
{%- endif %}

persons as (
    select
        identifier_key,
        identifier_type,
        coalesce(source_name, '') as scope,
        identifier_value,
        cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

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

identified as (
    {{ with_person_key('named_events') }}
),

days as (
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

days_of_identifiers as (
    select days.*, persons.identifier_type, persons.scope, persons.identifier_value
    from days
    inner join persons on days.person_key = persons.person_key
),

{# A session under each of its ids: on a shared device it is of several people. #}
sessions as (
    {%- for id, type, scope in [
        ('device_id', "'device'", 'source_name'),
        ('user_id', login_type('source_name'), "''"),
        ('checkout_id', "'checkout'", "''")
    ] %}
    select
        {{ type }} as identifier_type,
        {{ scope }} as scope,
        {{ id }} as identifier_value,
        session_id,
        platform,
        device_type,
        country,
        started_at,
        session_date as first_date,
        {{ local_date('ended_at') }} as last_date
    from {{ ref('int_sessions') }}
    where {{ id }} is not null and not is_bot
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

starts as (
    select
        definitions.start_event,
        definitions.start_filter,
        definitions.once_per,
        identified.person_key,
        identified.event_id,
        identified.platform,
        identified.device_type,
        identified.country,
        identified.user_intent,
        identified.content_category,
        identified.surface,
        identified.occurred_at as started_at,
        identified.event_date as start_date
    from identified
    inner join definitions
        on
            identified.event_name = definitions.start_event
            and identified.filter_name = definitions.start_filter
    where
        identified.person_key is not null
    {% if is_incremental() -%}
    and identified.person_key in (select changed.person_key from changed)
    {%- endif %}
    union all
    select
        days.start_event,
        days.start_filter,
        days.once_per,
        days.person_key,
        sessions.session_id,
        sessions.platform,
        sessions.device_type,
        sessions.country,
        null,
        null,
        null,
        sessions.started_at,
        days.start_date
    from days_of_identifiers as days
    inner join sessions
        on
            days.identifier_type = sessions.identifier_type
            and days.scope = sessions.scope
            and days.identifier_value = sessions.identifier_value
            and days.start_date between sessions.first_date and sessions.last_date
),

first_starts as (
    select
        start_event,
        start_filter,
        once_per,
        person_key,
        {{ first_row(columns, ['started_at', 'event_id']) }} as first_start
    from starts
    group by 1, 2, 3, 4, {{ period_number('start_date', 'once_per') }}
),

{# Of two who log in during one session, it knows the last alone. #}
days_without_session as (
    select days.*
    from days
    left join first_starts
        on
            days.start_event = first_starts.start_event
            and days.once_per = first_starts.once_per
            and days.person_key = first_starts.person_key
            and days.start_date = first_starts.first_start.start_date
    where first_starts.person_key is null
),

final as (
    select
        start_event,
        start_filter,
        once_per,
        person_key,
        {%- for column in columns %}
        first_start.{{ column }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from first_starts
    union all
    select
        start_event, start_filter, once_per, person_key, null, null, null, null, null, null, null,
        null, start_date
    from days_without_session
    {%- if is_incremental() %}
    union all
    select distinct
        null, null, null, person_key, null, null, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
