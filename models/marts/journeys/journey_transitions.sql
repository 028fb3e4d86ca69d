{# From which step journeys go on to which. Expected is what independence would give: as if the next
   step did not depend on this one. The adjusted residual says how many standard errors lie between
   (Haberman 1973; Agresti, Categorical Data Analysis, 2013, section 3.3.1). #}
with

codes as (
    select * from {{ ref('int_journey_step_codes') }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

steps as (
    select * from {{ ref('int_journey_steps') }}
    where next_step_name is not null
),

counted as (
    select
        steps.journey_name,
        steps.step_number,
        steps.step_name,
        steps.next_step_name,
        count(*) as transition_count
    from steps
    cross join last_moment
    where steps.closes_at <= last_moment.last_moment
    group by 1, 2, 3, 4
),

{# A next step of the rarest may occur as a step nowhere else: those are `(other)` too. #}
named as (
    select
        counted.journey_name,
        counted.step_number,
        from_codes.shown_name as from_step,
        case
            when counted.next_step_name = '(more)' then '(more)'
            else coalesce(to_codes.shown_name, '(other)')
        end as to_step,
        cast(sum(counted.transition_count) as bigint) as transition_count
    from counted
    inner join codes as from_codes
        on
            counted.journey_name = from_codes.journey_name
            and counted.step_name = from_codes.step_name
    left join codes as to_codes
        on
            counted.journey_name = to_codes.journey_name
            and counted.next_step_name = to_codes.step_name
    group by 1, 2, 3, 4
),

totalled as (
    select
        *,
        cast(sum(transition_count) over (
            partition by journey_name, step_number, from_step
        ) as bigint) as from_count,
        cast(sum(transition_count) over (
            partition by journey_name, step_number, to_step
        ) as bigint) as to_count,
        cast(sum(transition_count) over (
            partition by journey_name, step_number
        ) as bigint) as all_count
    from named
),

expected as (
    select
        *,
        cast(from_count as double) * to_count / all_count as expected_count,
        (1 - from_count / cast(all_count as double)) * (1 - to_count / cast(all_count as double))
            as left_over
    from totalled
),

compared as (
    select
        *,
        transition_count / expected_count as expected_ratio,
        (transition_count - expected_count) / nullif(sqrt(expected_count * left_over), 0)
            as adjusted_residual
    from expected
),

final as (
    select
        -- keys
        journey_name,
        step_number,
        from_step,
        to_step,
        -- measures
        transition_count,
        from_count,
        transition_count / cast(from_count as double) as from_share,
        expected_count,
        expected_ratio,
        adjusted_residual,
        -- flags
        coalesce(
            expected_ratio >= {{ var('journey_unexpected_ratio') }}
            and adjusted_residual >= {{ var('journey_unexpected_residual') }},
            false
        ) as is_unexpected
    from compared
)

select * from final
