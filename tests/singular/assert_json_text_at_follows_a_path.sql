{# Keys may begin with a digit, and a path that leads nowhere is null, not an error. #}
with

cases (case_number, document, expected_list, expected_object) as (
    values
    (1, '[{"value": "a@b.io"}, {"value": "c@d.io"}]', 'a@b.io', null),
    (2, '{"5af": {"value": 12}}', null, '12'),
    (3, '{"5af": "plain"}', null, null),
    (4, '[]', null, null),
    (5, null, null, null)
)

select *
from cases
where
    {{ json_text_at('document', [0, 'value']) }} is distinct from expected_list
    or {{ json_text_at('document', ['5af', 'value']) }} is distinct from expected_object
