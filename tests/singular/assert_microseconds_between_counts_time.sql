{# Time that passed, not boundaries crossed. #}
with

cases as (
    select
        case_number,
        cast(first_at as timestamp) as first_at,
        cast(last_at as timestamp) as last_at,
        expected
    from (
        values
        (1, '2025-01-01 23:59:59.999999', '2025-01-02 00:00:00', 1),
        (2, '2025-01-01 00:00:00', '2025-01-01 00:30:00', 1800000000),
        (3, '2025-01-01 00:00:01', '2025-01-01 00:00:00', -1000000),
        (4, null, '2025-01-01 00:00:00', null)
    ) as listed (case_number, first_at, last_at, expected) -- noqa: AL05
)

select *
from cases
where {{ microseconds_between('first_at', 'last_at') }} is distinct from expected
