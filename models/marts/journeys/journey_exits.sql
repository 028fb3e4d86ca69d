{# Where journeys stop, turn back and repeat themselves: by step number, and with all numbers
   together. The end that a journey is for is no place to stop at, so it is left out. #}
with

codes as (
    select * from {{ ref('int_journey_step_codes') }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

steps as (
    select * from {{ ref('int_journey_steps') }}
    where not is_end
),

visits as (
    select
        steps.journey_name,
        steps.step_number,
        codes.shown_name as step_name,
        steps.next_step_name is null as is_exit,
        steps.is_loop,
        steps.collapsed_count + case when steps.next_step_name = steps.step_name then 1 else 0 end
            as repeat_count,
        steps.microseconds_since_start
    from steps
    inner join codes
        on steps.journey_name = codes.journey_name and steps.step_name = codes.step_name
    cross join last_moment
    where steps.closes_at <= last_moment.last_moment
),

counted as (
    select
        journey_name,
        step_number,
        step_name,
        grouping(step_number) = 1 as is_total,
        count(*) as visit_count,
        count(*) filter (where is_exit) as exit_count,
        count(*) filter (where is_loop) as loop_count,
        cast(sum(repeat_count) as bigint) as repeat_count,
        {{ quantile('case when is_exit then microseconds_since_start end', 0.5) }}
            as median_microseconds
    from visits
    group by grouping sets ( -- noqa: PRS, AM06
        (journey_name, step_number, step_name), (journey_name, step_name)
    )
),

final as (
    select
        -- keys
        journey_name,
        step_name,
        step_number,
        -- measures
        visit_count,
        exit_count,
        exit_count / cast(visit_count as double) as exit_rate,
        {{ wilson_bound('exit_count', 'visit_count', 'low') }} as exit_rate_low,
        {{ wilson_bound('exit_count', 'visit_count', 'high') }} as exit_rate_high,
        loop_count,
        loop_count / cast(visit_count as double) as loop_rate,
        repeat_count,
        repeat_count / cast(visit_count as double) as repeats_per_visit,
        median_microseconds / cast(1000000 as double) as median_seconds_to_exit,
        -- flags
        is_total
    from counted
)

select * from final
