{# A property that the event does not have meets nothing but `!=`, `not in` and `is not set`; sizes
   are compared as numbers, and what is no number has no size. #}
with

cases (property_value, operator, operand, expected) as (
    values
    ('web', '=', 'web', true), ('Web', '=', 'web', false), (null, '=', 'web', false),
    ('ios', '!=', 'web', true), ('web', '!=', 'web', false), (null, '!=', 'web', true),
    ('ios', 'in', 'web|ios', true), ('i', 'in', 'web|ios', false), (null, 'in', 'web', false),
    ('ios', 'not in', 'web', true), ('web', 'not in', 'a|web', false), (null, 'not in', 'a', true),
    ('10', '<', '9', false), ('9', '<', '10', true), ('ten', '<', '9', false),
    ('9', '<=', '9', true), ('10', '>', '9', true), ('9', '>=', '9.0', true),
    (null, '>', '1', false),
    ('Big Sale', 'contains', 'sale', true), ('Big', 'contains', 'sale', false),
    ('', 'is set', null, true), (null, 'is set', null, false), (null, 'is not set', null, true)
)

select *
from cases
where {{ filter_holds('property_value', 'operator', 'operand') }} is distinct from expected
