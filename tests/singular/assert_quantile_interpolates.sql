{# Between two values the quantile lies in proportion; nulls do not count. #}
with

cases (case_number, amount) as (
    values (1, 10.0), (1, 20.0), (1, null), (2, 1.0), (2, 2.0), (2, 3.0), (2, 4.0), (3, null)
),

expected (case_number, half, most) as (
    values (1, 15.0, 19.0), (2, 2.5, 3.7), (3, null, null)
),

found as (
    select
        case_number,
        {{ quantile('cast(amount as double)', 0.5) }} as half,
        {{ quantile('cast(amount as double)', 0.9) }} as most
    from cases
    group by 1
)

select found.*
from found
inner join expected on found.case_number = expected.case_number
where
    round(found.half, 9) is distinct from cast(expected.half as double)
    or round(found.most, 9) is distinct from cast(expected.most as double)
