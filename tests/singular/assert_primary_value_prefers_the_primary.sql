{# The primary address need not be the first; without a mark the first one counts. #}
with

cases (case_number, emails, expected) as (
    values
    (1, '[{"value": "a@b.io", "primary": false}, {"value": "c@d.io", "primary": true}]', 'c@d.io'),
    (2, '[{"value": "a@b.io"}, {"value": "c@d.io"}]', 'a@b.io'),
    (3, '[]', null),
    (4, null, null)
)

select *
from cases
where {{ primary_value('emails') }} is distinct from expected
