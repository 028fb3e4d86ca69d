{# The day on which each person was first active, ever or in each period, and the first session that
   touches it: it says what an event would. Of two who log in during one session it knows the last
   alone, so it is looked for under each of its ids. A run restates the persons whom its rows
   concern. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set attributes = segment_properties() | reject('equalto', 'user_tenure') | list %}
with

definitions as (
    select distinct case when cohort_kind = 'first_time' then 'ever' else period end as once_per
    from {{ ref('retentions') }}
    where start_event = '*'
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

{% if is_incremental() -%}
changed as (
    select distinct person_key from {{ ref('int_changed_persons') }}
),
{%- endif %}

days as (
    select
        definitions.once_per,
        active_days.entity_key as person_key,
        min(active_days.event_date) as start_date
    from {{ ref('int_active_days') }} as active_days
    cross join definitions
    where
        active_days.entity_type = 'person'
    {% if is_incremental() -%}
    and active_days.entity_key in (select changed.person_key from changed)
    {%- endif %}
    group by 1, 2, {{ period_number('active_days.event_date', 'definitions.once_per') }}
),

days_of_identifiers as (
    select days.*, persons.identifier_key
    from days
    inner join persons on days.person_key = persons.person_key
),

sessions as (
    {%- for key in ['device_key', 'user_key', 'checkout_key'] %}
    select
        {{ key }} as identifier_key,
        session_id,
        {{ attributes | join(', ') }},
        started_at,
        session_date as first_date,
        {{ local_date('ended_at') }} as last_date
    from {{ ref('int_sessions') }}
    where {{ key }} is not null and not is_bot
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

numbered as (
    select
        days.once_per,
        days.person_key,
        days.start_date,
        sessions.session_id,
        {%- for attribute in attributes %}
        sessions.{{ attribute }},
        {%- endfor %}
        sessions.started_at,
        row_number() over (
            partition by days.once_per, days.person_key, days.start_date
            order by sessions.started_at, sessions.session_id
        ) as turn
    from days_of_identifiers as days
    inner join sessions
        on
            days.identifier_key = sessions.identifier_key
            and days.start_date between sessions.first_date and sessions.last_date
),

final as (
    select
        days.once_per,
        days.person_key,
        numbered.session_id,
        {%- for attribute in attributes %}
        numbered.{{ attribute }},
        {%- endfor %}
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
    select null, person_key, null, {{ 'null, ' * attributes | length }} null, null from changed
    {%- endif %}
)

select * from final
