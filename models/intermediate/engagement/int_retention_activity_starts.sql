{# The day on which each person was first active, ever or in each period, and the first session that
   touches it: it says what an event would. Of two who log in during one session it knows the last
   alone, so it is looked for under each of its ids. A run restates the persons with new events, and
   those whose sessions somebody else's rows on the same device have moved. Longer than a screen:
   who that is can be said here alone. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set ids = [
    ('device_id', "'device'", 'source_name'),
    ('user_id', login_type('source_name'), 'cast(null as string)'),
    ('checkout_id', "'checkout'", 'cast(null as string)')
] %}
with

definitions as (
    select distinct case when cohort_kind = 'first_time' then 'ever' else period end as once_per
    from {{ ref('retentions') }}
    where start_event = '*'
),

identifiers as (
    select
        {{ row_hash(['identifier_type', 'source_name', 'identifier_value']) }} as identifier_hash,
        cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

{% if is_incremental() -%}
moved_identifiers as (
    {%- for id, type, scope in ids %}
    select {{ row_hash([type, scope, id]) }} as identifier_hash
    from {{ ref('int_sessions') }}
    where session_id in {{ keys_changed_by('int_session_spans', 'uuid') }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

changed as (
    select person_key from {{ ref('int_changed_persons') }}
    union
    select person_key from {{ this }}
    where session_id in {{ keys_changed_by('int_session_spans', 'uuid') }}
    union
    select identifiers.person_key
    from identifiers
    inner join moved_identifiers on identifiers.identifier_hash = moved_identifiers.identifier_hash
),
{%- endif %}

days as (
    select
        definitions.once_per,
        active_days.entity_key as person_key,
        min(active_days.event_date) as start_date
    from {{ ref('int_active_days') }} as active_days
    cross join definitions
    where active_days.entity_type = 'person'
    {% if is_incremental() -%}
    and active_days.entity_key in (select changed.person_key from changed)
    {%- endif %}
    group by 1, 2, {{ period_number('active_days.event_date', 'definitions.once_per') }}
),

days_of_identifiers as (
    select days.*, identifiers.identifier_hash
    from days
    inner join identifiers on days.person_key = identifiers.person_key
),

sessions as (
    {%- for id, type, scope in ids %}
    select
        {{ row_hash([type, scope, id]) }} as identifier_hash,
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

numbered as (
    select
        days.once_per,
        days.person_key,
        days.start_date,
        sessions.session_id,
        sessions.platform,
        sessions.device_type,
        sessions.country,
        sessions.started_at,
        row_number() over (
            partition by days.once_per, days.person_key, days.start_date
            order by sessions.started_at, sessions.session_id
        ) as turn
    from days_of_identifiers as days
    inner join sessions
        on
            days.identifier_hash = sessions.identifier_hash
            and days.start_date between sessions.first_date and sessions.last_date
),

final as (
    select
        days.once_per,
        days.person_key,
        numbered.session_id,
        numbered.platform,
        numbered.device_type,
        numbered.country,
        numbered.started_at,
        days.start_date
    from days
    left join numbered
        on
            days.once_per = numbered.once_per
            and days.person_key = numbered.person_key
            and days.start_date = numbered.start_date
            and numbered.turn = 1
    {%- if is_incremental() %}
    union all
    select distinct null, person_key, null, null, null, null, null, null from changed
    {%- endif %}
)

select * from final
