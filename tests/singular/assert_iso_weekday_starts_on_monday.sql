{# 6 January 2025 was a Monday. #}
with

cases (case_number, day, expected) as (
    values
    (1, date '2025-01-06', 1),
    (2, date '2025-01-11', 6),
    (3, date '2025-01-12', 7)
)

select *
from cases
where {{ iso_weekday('day') }} is distinct from expected
