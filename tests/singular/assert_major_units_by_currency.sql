{# The inverse of minor_units, to the last unit. #}
with

listed (case_number, cents, currency, expected_amount) as (
    values
    (1, 2900, 'USD', '29.000'),
    (2, 1, 'eur', '0.010'),
    (3, 500, 'JPY', '500.000'),
    (4, 12345, 'KWD', '12.345'),
    (5, -2999, 'USD', '-29.990'),
    (6, 999999999999, 'USD', '9999999999.990'),
    (7, 110, null, '1.100'),
    (8, null, 'USD', null)
),

cases as (
    select
        case_number,
        cast(cents as bigint) as cents,
        currency,
        cast(expected_amount as decimal(18, 3)) as expected_amount
    from listed
)

select *
from cases
where
    {{ major_units('cents', 'currency') }} is distinct from expected_amount
    or {{ minor_units(major_units('cents', 'currency'), 'currency') }} is distinct from cents
