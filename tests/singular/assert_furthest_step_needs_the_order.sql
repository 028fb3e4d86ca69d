{# A funnel is walked step by step: what comes before its turn does not count, what comes twice
   neither. #}
with

moves (case_number, place, step) as (
    values
    (1, 1, 1), (1, 2, 2), (1, 3, 3),
    (2, 1, 2), (2, 2, 1), (2, 3, 3),
    (3, 1, 1), (3, 2, 1), (3, 3, null), (3, 4, 2),
    (4, 1, 2), (4, 2, 3),
    (5, 1, null)
),

expected (case_number, furthest) as (
    values (1, 3), (2, 1), (3, 2), (4, 0), (5, 0)
),

found as (
    select case_number, {{ furthest_step('step', 'place') }} as furthest -- noqa: PRS
    from moves
    group by 1
)

select expected.*
from expected
inner join found on expected.case_number = found.case_number
where expected.furthest is distinct from found.furthest
