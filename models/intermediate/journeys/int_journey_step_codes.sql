{# A number from 1 to 255 for each step of a journey, so that a path of 14 fits two integers. The
   254 most visited have their own; the others share the last, and are `(other)` wherever steps are
   shown. #}
with

visits as (
    select journey_name, step_name, count(*) as visit_count
    from {{ ref('int_journey_steps') }}
    group by 1, 2
),

ranked as (
    select
        *,
        row_number() over (
            partition by journey_name order by visit_count desc, step_name asc
        ) as visit_rank
    from visits
),

final as (
    select
        -- keys
        journey_name,
        step_name,
        cast(dense_rank() over (order by journey_name) as integer) as journey_code,
        -- attributes
        cast(least(visit_rank, 255) as bigint) as step_code,
        case when visit_rank < 255 then step_name else '(other)' end as shown_name
    from ranked
)

select * from final
