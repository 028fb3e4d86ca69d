{# Objects come out as JSON, texts bare; a place without an element, or no list at all, is null. #}
with

cases (case_number, document, place, expected) as (
    values
    (1, '["di_1", "di_2"]', 1, 'di_2'),
    (2, '[{"id":"di_1"}]', 0, '{"id":"di_1"}'),
    (3, '[{"id":"di_1"}]', 1, null),
    (4, '{"id":"di_1"}', 0, null),
    (5, null, 0, null)
)

select *
from cases
where {{ json_text_at_place('document', 'place') }} is distinct from expected
