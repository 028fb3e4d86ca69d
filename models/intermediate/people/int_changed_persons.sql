{# Whom a run has to restate at the grain of persons: those whose rows arrived, those behind any id
   in a session that these rows moved, and those who turned out to be somebody else. Nobody where
   everything is built anew. #}
-- depends_on: {{ ref('int_session_spans') }}
{%- set is_empty = rebuilds_everything() or flags.FULL_REFRESH or load_relation(this) is none %}
with

spans as (
    select source_name, visitor_id, event_date as first_date, event_date as last_date
    from {{ ref('int_changed_visitor_days') }}
    {%- if is_empty %}
    where false
    {%- else %}
    union all
    select source_name, visitor_id, session_date, {{ local_date('ended_at') }}
    from {{ ref('int_session_spans') }}
    where session_id in {{ keys_changed_by('int_session_spans', 'uuid') }}
    {%- endif %}
),

bounds as (
    select distinct first_date, last_date from spans
),

dates as (
    {{ days_between('bounds', 'first_date', 'last_date') }}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

hours as (
    select distinct hours.device_key, hours.user_key, hours.checkout_key
    from {{ ref('int_visitor_hours') }} as hours
    semi join spans
        on
            hours.source_name = spans.source_name
            and hours.visitor_id = spans.visitor_id
            and hours.event_date between spans.first_date and spans.last_date
    where hours.event_date in (select dates.date_day from dates)
),

arrived as (
    select device_key as identifier_key from hours
    union
    select user_key from hours
    union
    select checkout_key from hours
),

changed_persons as (
    select persons.person_key
    from persons
    semi join arrived on persons.identifier_key = arrived.identifier_key
    {%- if not is_empty %}
    union
    select changed_key from {{ keys_changed_by('int_person_identifiers') }}
    {%- endif %}
),

{# A person who is gone has no identifier left. #}
final as (
    select changed_persons.person_key, persons.identifier_key
    from changed_persons
    left join persons on changed_persons.person_key = persons.person_key
)

select * from final
