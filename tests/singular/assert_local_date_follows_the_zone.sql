{# The day turns at local midnight, also on the two days of the year when clocks change. #}
with

listed (case_number, instant, new_york_date, tokyo_date, utc_date) as (
    values
    (1, '2025-01-01 04:59:59', '2024-12-31', '2025-01-01', '2025-01-01'),
    (2, '2025-01-01 05:00:00', '2025-01-01', '2025-01-01', '2025-01-01'),
    (3, '2025-07-01 03:59:59', '2025-06-30', '2025-07-01', '2025-07-01'),
    (4, '2025-07-01 04:00:00', '2025-07-01', '2025-07-01', '2025-07-01'),
    (5, '2025-03-09 15:00:00', '2025-03-09', '2025-03-10', '2025-03-09'),
    (6, null, null, null, null)
),

cases as (
    select
        case_number,
        cast(instant as timestamp) as instant,
        cast(new_york_date as date) as new_york_date,
        cast(tokyo_date as date) as tokyo_date,
        cast(utc_date as date) as utc_date
    from listed
)

select *
from cases
where
    {{ local_date('instant', 'America/New_York') }} is distinct from new_york_date
    or {{ local_date('instant', 'Asia/Tokyo') }} is distinct from tokyo_date
    or {{ local_date('instant', 'UTC') }} is distinct from utc_date
