{# Whom a run has to restate at the grain of persons: those whose rows arrived, and those who turned
   out to be somebody else. A view that every run makes anew. #}
with

changed as (
    select source_name, visitor_id, event_date from {{ ref('int_changed_visitor_days') }}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

arrived as (
    select distinct hours.device_key, hours.user_key, hours.checkout_key
    from {{ ref('int_visitor_hours') }} as hours
    semi join changed
        on
            hours.event_date = changed.event_date
            and hours.source_name = changed.source_name
            and hours.visitor_id = changed.visitor_id
    where hours.event_date in (select days.event_date from changed as days)
),

arrived_persons as (
    {{ with_person_key('arrived') }}
),

changed_persons as (
    select person_key from arrived_persons
    where person_key is not null
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
