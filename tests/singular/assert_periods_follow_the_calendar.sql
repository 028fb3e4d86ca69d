{# Weeks begin on Monday, months have their own lengths, and both go on over New Year. #}
with

listed (case_number, period, first_day, last_day, apart, first_start, last_start) as (
    values
    (1, 'day', '2025-01-31', '2025-02-01', 1, '2025-01-31', '2025-02-01'),
    (2, 'day', '2024-02-28', '2024-03-01', 2, '2024-02-28', '2024-03-01'),
    (3, 'day', '2025-02-28', '2025-03-01', 1, '2025-02-28', '2025-03-01'),
    (4, 'day', '2025-03-30', '2025-03-31', 1, '2025-03-30', '2025-03-31'),
    (5, 'week', '2025-01-05', '2025-01-06', 1, '2024-12-30', '2025-01-06'),
    (6, 'week', '2025-01-06', '2025-01-12', 0, '2025-01-06', '2025-01-06'),
    (7, 'week', '2024-12-29', '2025-01-01', 1, '2024-12-23', '2024-12-30'),
    (8, 'week', '1969-12-28', '1969-12-29', 1, '1969-12-22', '1969-12-29'),
    (9, 'month', '2025-01-31', '2025-02-01', 1, '2025-01-01', '2025-02-01'),
    (10, 'month', '2024-02-29', '2025-02-28', 12, '2024-02-01', '2025-02-01'),
    (11, 'month', '2024-12-31', '2025-01-01', 1, '2024-12-01', '2025-01-01'),
    (12, 'ever', '2025-01-01', '2025-01-02', null, null, null)
),

cases as (
    select
        case_number,
        period,
        cast(first_day as date) as first_day,
        cast(last_day as date) as last_day,
        apart,
        cast(first_start as date) as first_start,
        cast(last_start as date) as last_start
    from listed
)

select *
from cases
where
    {{ period_number('last_day', 'period') }} - {{ period_number('first_day', 'period') }}
    is distinct from apart
    or {{ period_start('first_day', 'period') }} is distinct from first_start
    or {{ period_start('last_day', 'period') }} is distinct from last_start
