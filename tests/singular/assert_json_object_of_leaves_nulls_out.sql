{# An object says what is known; a null must not become a field. #}
with

cases (case_number, order_id, is_first, expected) as (
    values
    (1, '7', true, '{"order_id":"7","is_first":true}'),
    (2, cast(null as varchar(9)), false, '{"is_first":false}'),
    (3, null, null, '{}')
)

select *
from cases
where
    {{ json_object_of({'order_id': 'order_id', 'is_first': 'is_first'}) }}
    is distinct from expected
