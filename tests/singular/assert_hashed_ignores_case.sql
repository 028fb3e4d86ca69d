{# One address written in two ways is one person; the hash must not show it, and null stays null. #}
with

cases (case_number, left_email, right_email, is_same) as (
    values
    (1, ' Ada@Example.com ', 'ada@example.com', true),
    (2, 'ada@example.com', 'bob@example.com', false),
    (3, null, null, null)
)

select *
from cases
where
    ({{ hashed('left_email') }} = {{ hashed('right_email') }}) is distinct from is_same
    or length({{ hashed('left_email') }}) <> 32
    or {{ hashed('left_email') }} = md5('ada@example.com')
