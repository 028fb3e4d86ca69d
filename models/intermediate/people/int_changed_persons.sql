{# Whom a run has to restate at the grain of persons: those whose rows arrived, and those who turned out
   to be somebody else. A view that every run makes anew. #}
with

changed as (
    select * from {{ ref('int_changed_visitor_days') }}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

arrived as (
    select distinct device_key, user_key, checkout_key
    from {{ ref('int_visitor_hours') }}
    semi join changed using (event_date, source_name, visitor_id)
    where event_date in (select changed.event_date from changed)
),

arrived_persons as (
    {{ with_person_key('arrived') }}
),

changed_persons as (
    select person_key from arrived_persons where person_key is not null
    {%- if not rebuilds_everything() %}
    union
    select changed_key as person_key from {{ keys_changed_by('int_person_identifiers') }}
    {%- endif %}
),

{# A person who is gone has no identifier left. #}
final as (
    select changed_persons.person_key, persons.identifier_key
    from changed_persons
    left join persons on changed_persons.person_key = persons.person_key
)

select * from final
