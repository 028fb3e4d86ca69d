{# On which days a person, an account or a run was active. A person is the one that the strongest id
   of an event leads to. A run restates the days on which something arrived, and every day of a
   person who turned out to be somebody else: so a login reaches back to them alone. #}
-- depends_on: {{ ref('int_changed_visitor_days') }}
with

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

{% if is_incremental() -%}
changed_dates as (
    select distinct event_date from {{ ref('int_changed_visitor_days') }}
),

changed_persons as (
    select changed_key as person_key from {{ keys_changed_by('int_person_identifiers') }}
),

changed_identifiers as (
    select identifier_key from persons
    where person_key in (select changed_persons.person_key from changed_persons)
),
{%- endif %}

visitor_hours as (
    select * from {{ ref('int_visitor_hours') }}
    {% if is_incremental() -%}
    where
        event_date in (select changed_dates.event_date from changed_dates)
        or device_key in (select changed_identifiers.identifier_key from changed_identifiers)
        or user_key in (select changed_identifiers.identifier_key from changed_identifiers)
        or checkout_key in (select changed_identifiers.identifier_key from changed_identifiers)
    {%- endif %}
),

visitor_days as (
    select
        device_key,
        user_key,
        checkout_key,
        account_key,
        run_key,
        event_date,
        sum(event_count) as event_count
    from visitor_hours
    group by 1, 2, 3, 4, 5, 6
),

identified as (
    {{ with_person_key('visitor_days') }}
),

entity_days as (
    select 'person' as entity_type, person_key as entity_key, event_date, event_count
    from identified
    union all
    select 'account', account_key, event_date, event_count from visitor_days
    union all
    select 'run', run_key, event_date, event_count from visitor_days
),

counted as (
    select
        entity_type,
        entity_key,
        event_date,
        cast(sum(event_count) as bigint) as event_count
    from entity_days
    where entity_key is not null
    {% if is_incremental() -%}
    and (
        event_date in (select changed_dates.event_date from changed_dates)
        or (
            entity_type = 'person'
            and entity_key in (select changed_persons.person_key from changed_persons)
        )
    )
    {%- endif %}
    group by 1, 2, 3
),

{% if is_incremental() -%}
gone as (
    select days.entity_type, days.entity_key, days.event_date, 0 as event_count
    from {{ this }} as days
    anti join counted
        on
            days.entity_type = counted.entity_type
            and days.entity_key = counted.entity_key
            and days.event_date = counted.event_date
    where
        days.event_date in (select changed_dates.event_date from changed_dates)
        or (
            days.entity_type = 'person'
            and days.entity_key in (select changed_persons.person_key from changed_persons)
        )
),
{%- endif %}

final as (
    select * from counted
    {%- if is_incremental() %}
    union all
    select * from gone
    {%- endif %}
)

select * from final
