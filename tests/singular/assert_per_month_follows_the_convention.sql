{# A year is 12 months, 52 weeks or 365 days. Worked by hand in cents. #}
with

listed (case_number, amount, billing_interval, interval_count, expected_amount) as (
    values
    (1, 2900, 'month', 1, '2900.0000'),
    (2, 59000, 'year', 1, '4916.6667'),
    (3, 300, 'week', 1, '1300.0000'),
    (4, 120, 'day', 1, '3650.0000'),
    (5, 9000, 'month', 3, '3000.0000'),
    (6, 600, 'week', 2, '1300.0000'),
    (7, 120000, 'year', 2, '5000.0000'),
    (8, 2900, null, 1, null),
    (9, null, 'month', 1, null)
),

cases as (
    select
        case_number,
        cast(amount as bigint) as amount,
        billing_interval,
        interval_count,
        cast(expected_amount as decimal(18, 4)) as expected_amount
    from listed
)

select *
from cases
where
    cast(
        round({{ per_month('amount', 'billing_interval', 'interval_count') }}, 4)
        as decimal(18, 4)
    ) is distinct from expected_amount
