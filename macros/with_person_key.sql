{# A query: the rows of a relation with person_key, the person that the strongest of user_key,
   checkout_key and device_key leads to. The model imports persons (identifier_key, person_key).
   with_person does the same for texts. Test: tests/python/people. #}
{% macro with_person_key(relation) -%}
    select
        {{ relation }}.*,
        coalesce(users.person_key, checkouts.person_key, devices.person_key) as person_key
    from {{ relation }}
    left join persons as users on {{ relation }}.user_key = users.identifier_key
    left join persons as checkouts on {{ relation }}.checkout_key = checkouts.identifier_key
    left join persons as devices on {{ relation }}.device_key = devices.identifier_key
{%- endmacro %}
