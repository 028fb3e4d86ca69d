{# Dollars have cents, yen have none, and a Kuwaiti dinar has a thousand fils. #}
with

cases as (
    select * from (values
        (2900, 'USD', cast(29 as decimal(18, 3))),
        (-5, 'eur', cast(-0.05 as decimal(18, 3))),
        (500, 'JPY', cast(500 as decimal(18, 3))),
        (1234, 'KWD', cast(1.234 as decimal(18, 3))),
        (999999999999999, 'USD', cast(9999999999999.99 as decimal(18, 3))),
        (100, null, cast(1 as decimal(18, 3)))
    ) as listed (cents, currency, amount)
)

select *
from cases
where not coalesce({{ major_units('cents', 'currency') }} = amount, false)
