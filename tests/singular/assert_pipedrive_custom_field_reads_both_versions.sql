{# v2 keeps the key in custom_fields, v1 at the root (_extra); a field with a unit is an object. #}
{%- set key = var('pipedrive_custom_field_keys')['trial_path'] %}
with

cases (case_number, custom_fields, _extra, expected) as (
    values
    (1, '{"{{ key }}": "self_service"}', '{}', 'self_service'),
    (2, null, '{"{{ key }}": "sales_assisted"}', 'sales_assisted'),
    (3, '{"{{ key }}": {"value": 29, "currency": "USD"}}', null, '29'),
    (4, '{"{{ key }}": null}', '{"other": 1}', null),
    (5, null, null, null)
)

select *
from cases
where {{ pipedrive_custom_field('trial_path') }} is distinct from expected
