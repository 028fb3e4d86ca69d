{# A query: the rows of a relation with person_id, the person that the strongest of user_id, checkout_id
   and device_id leads to; null for bots. It reads person_identifiers by name, for views: from a CTE
   that a query reads thrice, DuckDB 2.0 never ends when a reader asks `where ... limit` and no row
   is like that.
   Test: each_event_has_one_person, and tests/python/people. #}
{% macro with_person(relation) -%}
    select
        {{ relation }}.*,
        case
            when not {{ relation }}.is_bot
                then coalesce(users.person_id, checkouts.person_id, devices.person_id)
        end as person_id
    from {{ relation }}
    left join {{ ref('person_identifiers') }} as users
        on
            {{ relation }}.user_id = users.identifier_value
            and users.identifier_type = {{ login_type(relation ~ '.source_name') }}
    left join {{ ref('person_identifiers') }} as checkouts
        on
            {{ relation }}.checkout_id = checkouts.identifier_value
            and checkouts.identifier_type = 'checkout'
    left join {{ ref('person_identifiers') }} as devices
        on
            {{ relation }}.device_id = devices.identifier_value
            and {{ relation }}.source_name = devices.source_name
            and devices.identifier_type = 'device'
{%- endmacro %}
