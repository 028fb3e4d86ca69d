{# An absent field, a null and a null column all give null, whatever else the object holds. #}
with

cases (case_number, properties, expected_plan, expected_price) as (
    values
    (1, '{"plan": "pro", "price": 29.5, "tags": ["a"]}', 'pro', '29.5'),
    (2, '{"price": null}', null, null),
    (3, '{}', null, null),
    (4, null, null, null)
),

parsed as (
    select
        *,
        {{ json_struct('properties', ['plan', 'price']) }} as property
    from cases
)

select *
from parsed
where
    parsed.property.plan is distinct from parsed.expected_plan
    or parsed.property.price is distinct from parsed.expected_price
