{# CTEs that make steps of journeys out of step events. `begun`: from the start step on and, counted
   backwards, up to the end. `lined_up`: without repeats, each step with what follows it. `kept`: up
   to the end and the longest path. The model has a CTE `found`: a row per step event with event_id,
   occurred_at and the columns of int_journey_step_rules from journey_key on, but no names, since
   this is what gets sorted. stretch: the columns that tell a journey's stretches of activity apart.
   Test: the unit tests of both int_*_journey_steps, and tests/python/journeys. #}
{% macro journey_step_ctes(stretch) -%}
{%- set by_stretch = 'partition by journey_key, ' ~ stretch | join(', ') -%}
{%- set in_time = by_stretch ~ ' order by occurred_at, event_id' -%}
{%- set in_order = by_stretch ~ ' order by event_number' -%}
{%- set before = ' rows between unbounded preceding and ' -%}
{%- set after = ' rows between current row and unbounded following' -%}
{%- set whole = in_order ~ before ~ 'unbounded following' -%}
begun as (
    select
        *,
        row_number() over ({{ in_time }}) as event_number,
        count(*) over ({{ in_time }}{{ after }}) as events_from_here,
        max(is_key_event) over ({{ in_time }}{{ after }}) as has_key_event,
        coalesce(step_key = lag(step_key) over ({{ in_time }}), false) as is_repeat,
        max(is_start) over ({{ in_time }}{{ before }}current row) as is_begun,
        coalesce(max(is_end and is_backward) over ({{ in_time }}{{ before }}1 preceding), false)
            as is_past_end
    from found
),

lined_up as (
    select
        *,
        row_number() over ({{ in_order }}) as position,
        count(*) over ({{ whole }}) as step_count,
        min(case when is_end then event_number end) over ({{ whole }}) as end_number,
        min(occurred_at) over ({{ whole }}) as first_at,
        coalesce(
            min(case when is_end then occurred_at end) over ({{ whole }}),
            max(occurred_at) over ({{ whole }})
        ) as last_at,
        coalesce(
            lead(event_number) over ({{ in_order }}), event_number + events_from_here
        ) as next_number,
        lead(step_key) over ({{ in_order }}) as next_step_key,
        lead(step_key, 2) over ({{ in_order }}) as second_next_step_key,
        coalesce(lead(is_end) over ({{ in_order }}), false) as is_next_end
    from begun
    where is_begun and not is_past_end and not (collapses_repeats and is_repeat)
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
        case when has_end then end_number is not null else has_key_event end as is_converted
    from lined_up
    where
        event_number <= coalesce(end_number, event_number)
        and (end_number is not null or not is_backward)
),

kept as (
    select
        *,
        step_number = longest_path and next_step_key is not null and not is_next_end and not is_end
            as is_cut,
        case when is_end then 0 else next_number - event_number - 1 end as collapsed_count,
        case when not is_end then next_step_key end as following_step_key,
        not is_end and not is_next_end
        and coalesce(next_step_key != step_key and second_next_step_key = step_key, false)
            as is_loop
    from numbered
    where step_number between 1 and longest_path + case when is_end then 1 else 0 end
)
{%- endmacro %}
