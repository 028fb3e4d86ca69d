{# CTEs that make steps of journeys out of step events. `begun`: from the start step on and, counted
   backwards, up to the end. `lined_up`: without repeats, each step with what follows it. `kept`: up to
   the end and the longest path. The model has a CTE `found`: as_journey_steps, with place, a number in
   order of time. stretch: the columns that tell a journey's stretches of activity apart.
   Test: the unit tests of both int_*_journey_steps, and tests/python/journeys. #}
{% macro journey_step_ctes(stretch) -%}
{%- set by_stretch = 'partition by journey_name, ' ~ stretch | join(', ') ~ ' order by place' -%}
{%- set whole = by_stretch ~ ' rows between unbounded preceding and unbounded following' -%}
flagged as (
    select
        * except (start_step, end_step, is_key_event),
        start_step is null or step_name = start_step as is_start,
        coalesce(step_name = end_step, false) as is_end,
        start_step is null and end_step is not null as is_backward,
        end_step is not null as has_end,
        case when is_key_event then place end as key_place
    from found
),

begun as (
    select
        *,
        row_number() over ({{ by_stretch }}) as event_number,
        count(*) over ({{ whole }}) as event_count,
        max(key_place) over ({{ whole }}) as last_key_place,
        step_name = lag(step_name) over ({{ by_stretch }}) as is_repeat,
        max(is_start) over ({{ by_stretch }} rows unbounded preceding) as is_begun,
        max(is_end and is_backward) over (
            {{ by_stretch }} rows between unbounded preceding and 1 preceding
        ) as is_past_end
    from flagged
),

lined_up as (
    select
        *,
        row_number() over ({{ by_stretch }}) as position,
        count(*) over ({{ whole }}) as step_count,
        min(place) over ({{ whole }}) as first_place,
        min(case when is_end then place end) over ({{ whole }}) as end_place,
        min(occurred_at) over ({{ whole }}) as first_at,
        coalesce(
            min(case when is_end then occurred_at end) over ({{ whole }}),
            max(occurred_at) over ({{ whole }})
        ) as last_at,
        lead(event_number) over ({{ by_stretch }}) as next_number,
        lead(step_name) over ({{ by_stretch }}) as next_step,
        lead(step_name, 2) over ({{ by_stretch }}) as second_next_step,
        coalesce(lead(is_end) over ({{ by_stretch }}), false) as is_next_end
    from begun
    where
        is_begun
        and not coalesce(is_past_end, false)
        and not coalesce(collapses_repeats and is_repeat, false)
),

{# Counted backwards, the step before the end has the number of the longest path. #}
numbered as (
    select
        *,
        cast(
            case when is_backward then position + longest_path + 1 - step_count else position end
            as integer
        ) as step_number,
        position = case when is_backward then greatest(1, step_count - longest_path) else 1 end
            as is_first,
        case
            when has_end then end_place is not null
            else coalesce(last_key_place >= first_place, false)
        end
            as is_converted
    from lined_up
    where
        place <= coalesce(end_place, place)
        and (end_place is not null or not is_backward)
),

kept as (
    select
        *,
        case
            when is_end then null
            when step_number = longest_path and not is_next_end and next_step is not null
                then '(more)'
            else next_step
        end as next_step_name,
        case
            when is_end then 0
            else coalesce(next_number, event_count + 1) - event_number - 1
        end as collapsed_count,
        not is_end and not is_next_end and next_step != step_name
        and coalesce(second_next_step = step_name, false) as is_loop
    from numbered
    where step_number between 1 and longest_path + case when is_end then 1 else 0 end
)
{%- endmacro %}
