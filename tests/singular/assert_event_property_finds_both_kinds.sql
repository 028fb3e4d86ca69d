{# A column wins over a key of the same name; a key may hold a dot; what is nowhere is null. #}
with

events as (
    select
        {%- for column in _event_attributes() %}
        cast(null as string) as {{ column }},
        {%- endfor %}
        '{"plan": "pro", "a.b": "dotted", "amount": 3}' as properties
),

cases (property_name, expected) as (
    values ('plan', 'pro'), ('a.b', 'dotted'), ('amount', '3'), ('platform', null), ('', null)
)

select cases.*
from cases
cross join events
where {{ event_property('events', 'cases.property_name') }} is distinct from cases.expected
