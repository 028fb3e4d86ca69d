{# Every element counts, also the last that may be there; what has no amount counts nothing. #}
with

cases (case_number, amounts, expected_sum) as (
    values
    (1, '[{"amount": 300, "discount": "di_1"}, {"amount": 45}]', 345),
    (2, '[]', 0),
    (3, null, 0),
    (4, '[{"discount": "di_1"}, {"amount": 7}]', 7),
    (5, '[{"amount": 1}, {"amount": 2}, {"amount": 4}]', 7)
)

select *
from cases
where
    ({{ sum_of_amounts('amounts', 2) }} != expected_sum and case_number != 5)
    or ({{ sum_of_amounts('amounts', 2) }} != 3 and case_number = 5)
    or ({{ sum_of_amounts('amounts', 3) }} != 7 and case_number = 5)
