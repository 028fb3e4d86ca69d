{# Yen has no smaller unit and the dinar a thousand; halves round away from zero. #}
with

listed (case_number, amount, currency, expected_cents) as (
    values
    (1, '29.00', 'USD', 2900),
    (2, '29.00', 'usd', 2900),
    (3, '500', 'JPY', 500),
    (4, '12.345', 'KWD', 12345),
    (5, '0.005', 'EUR', 1),
    (6, '-0.005', 'EUR', -1),
    (7, '0.004999', 'EUR', 0),
    (8, '1.10', null, 110),
    (9, null, 'USD', null)
),

cases as (
    select
        case_number,
        cast(amount as decimal(18, 6)) as amount,
        currency,
        cast(expected_cents as bigint) as expected_cents
    from listed
)

select *
from cases
where {{ minor_units('amount', 'currency') }} is distinct from expected_cents
