{# Every entry has one value of each segment, so the values add up to the whole. #}
with

steps as (
    select * from {{ ref('funnel_steps_by_segment') }}
),

totals as (
    select
        funnel_name,
        step_number,
        segment_name,
        sum(reached_count) as reached_count,
        sum(immature_count) as immature_count
    from steps
    group by 1, 2, 3
),

whole as (
    select * from totals
    where segment_name = 'all'
)

select totals.*
from totals
inner join whole
    on totals.funnel_name = whole.funnel_name and totals.step_number = whole.step_number
where
    (totals.reached_count, totals.immature_count) != (whole.reached_count, whole.immature_count)
    and (whole.reached_count > 0 or whole.immature_count > 0)
