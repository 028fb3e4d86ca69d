{# Steps of a query, up to `steps_done`: how far each entry into a funnel got. An event at a step belongs to
   the latest entry from which it can be reached, step by step, within the window: nothing counts twice,
   and no later entry is overlooked. A step may share its predecessor's time but not its event: `place`
   orders what could be both by event id.
   `links` are those of funnel_links. The query has step_events (as int_funnel_step_events, with step_order,
   attempts and window_us) and step_bounds (int_funnel_step_bounds). Longer than a screen: it is one thought.
   Test: tests/python/funnels, and the hand-worked cases of int_funnel_steps_reached. #}
{% macro funnel_chain(links) -%}
{%- set keys = ['funnel_name', 'person_key', 'held_value'] -%}
{# Of events at the same microsecond that can be several steps, each follows those of lower rank. #}
tied as (
    select
        *,
        least(dense_rank() over (
            partition by funnel_name, person_key, held_value, occurred_us order by event_id
        ), 1022) as tie_rank
    from step_events
    where is_repeated and not is_excluded and step_order != 'any'
),

placed as (
    select
        *,
        occurred_us * 1024 + tie_rank - 1 as place,
        occurred_us * 1024 + tie_rank as place_before_others
    from tied
    union all
    select
        *,
        0 as tie_rank,
        occurred_us * 1024 + 1023 as place,
        occurred_us * 1024 as place_before_others
    from step_events
    where not is_repeated and not is_excluded and step_order != 'any'
),

first_entries as (
    select funnel_name, person_key, min(occurred_us) as first_us
    from step_events
    where not is_excluded and attempts = 'first' and (step_number = 1 or step_order = 'any')
    group by 1, 2
),

reached_1 as (
    select
        placed.funnel_name,
        placed.person_key,
        placed.held_value,
        placed.step_number,
        placed.event_id,
        placed.occurred_us,
        placed.place_before_others,
        placed.occurred_us as entry_us
    from placed
    left join first_entries
        on
            placed.funnel_name = first_entries.funnel_name
            and placed.person_key = first_entries.person_key
    where
        placed.step_number = 1
        and (placed.attempts != 'first' or placed.occurred_us = first_entries.first_us)
),

{%- for earlier_steps in links %}
{%- set step = loop.index + 1 %}

late_{{ step }} as (
    select *, occurred_us - 1 as last_us_before from placed
    where step_number = {{ step }}
),

{# Where the chain stands: by each event from which this step can be reached. #}
early_{{ step }} as (
    select
        reached.funnel_name,
        reached.person_key,
        reached.held_value,
        reached.place_before_others as early_place,
        max(reached.occurred_us) as early_us,
        max(reached.entry_us) as entry_us
    from (
        {%- for earlier in earlier_steps %}
        select * from reached_{{ earlier }}
        {{- ' union all' if not loop.last }}
        {%- endfor %}
    ) as reached
    inner join step_bounds
        on
            reached.funnel_name = step_bounds.funnel_name
            and reached.step_number = step_bounds.step_number
    where step_bounds.next_required >= {{ step }}
    group by 1, 2, 3, 4
),

followed_{{ step }} as (
    {{ latest_before(
        'late_' ~ step, 'early_' ~ step, keys, 'place', 'early_place', ['early_us', 'entry_us']
    ) }}
),

excluded_{{ step }} as (
    select distinct
        step_events.funnel_name,
        step_events.person_key,
        step_events.occurred_us as excluded_us
    from step_events
    inner join step_bounds
        on
            step_events.funnel_name = step_bounds.funnel_name
            and step_bounds.step_number = {{ step }}
    where
        step_events.is_excluded
        and (
            step_events.step_number = 0
            or step_events.step_number between step_bounds.previous_required + 1 and {{ step }}
        )
),

checked_{{ step }} as (
    {{ latest_before(
        'followed_' ~ step, 'excluded_' ~ step, ['funnel_name', 'person_key'], 'last_us_before',
        'excluded_us', ['excluded_us'], keep_all=true
    ) }}
),

reached_{{ step }} as (
    select
        funnel_name,
        person_key,
        held_value,
        step_number,
        event_id,
        occurred_us,
        place_before_others,
        entry_us
    from checked_{{ step }}
    where
        occurred_us - entry_us <= window_us
        and (excluded_us is null or excluded_us <= early_us)
),
{%- endfor %}

reached as (
    select funnel_name, person_key, held_value, step_number, event_id, occurred_us, entry_us
    from reached_1
    {%- for _ in links %}
    union all
    select funnel_name, person_key, held_value, step_number, event_id, occurred_us, entry_us
    from reached_{{ loop.index + 1 }}
    {%- endfor %}
),

{# In any order every event can be an entry, and step n is the n-th step that follows it. #}
free_events as (
    select * from step_events
    where not is_excluded and step_order = 'any'
),

free_entries as (
    select distinct
        free_events.funnel_name,
        free_events.person_key,
        free_events.held_value,
        free_events.window_us,
        free_events.occurred_us as entry_us
    from free_events
    left join first_entries
        on
            free_events.funnel_name = first_entries.funnel_name
            and free_events.person_key = first_entries.person_key
    where free_events.attempts != 'first' or free_events.occurred_us = first_entries.first_us
),

free_steps as (
    select
        free_entries.funnel_name,
        free_entries.person_key,
        free_entries.held_value,
        free_entries.entry_us,
        free_events.step_number,
        free_events.event_id,
        free_events.occurred_us,
        row_number() over (
            partition by
                free_entries.funnel_name,
                free_entries.person_key,
                free_entries.held_value,
                free_entries.entry_us,
                free_events.step_number
            order by free_events.occurred_us, free_events.event_id
        ) as turn
    from free_entries
    inner join free_events
        on
            free_entries.funnel_name = free_events.funnel_name
            and free_entries.person_key = free_events.person_key
            and free_entries.held_value = free_events.held_value
            and free_events.occurred_us between free_entries.entry_us
            and free_entries.entry_us + free_entries.window_us
),

free_reached as (
    select
        funnel_name,
        person_key,
        held_value,
        row_number() over (
            partition by funnel_name, person_key, held_value, entry_us
            order by occurred_us, event_id
        ) as step_number,
        event_id,
        occurred_us,
        entry_us
    from free_steps
    where turn = 1
),

first_reached as (
    select
        *,
        row_number() over (
            partition by funnel_name, person_key, held_value, entry_us, step_number
            order by occurred_us, event_id
        ) as turn
    from (
        select * from reached
        union all
        select * from free_reached
    ) as all_reached
),

{# An optional step that comes after the step that follows it was not done on the way. #}
in_order as (
    select
        *,
        min(occurred_us) over (
            partition by funnel_name, person_key, held_value, entry_us
            order by step_number rows between 1 following and unbounded following
        ) as later_us
    from first_reached
    where turn = 1
),

steps_done as (
    select
        funnel_name,
        person_key,
        held_value,
        step_number,
        event_id,
        entry_us,
        occurred_us,
        occurred_us - lag(occurred_us) over (
            partition by funnel_name, person_key, held_value, entry_us order by step_number
        ) as microseconds_since_previous,
        min(case when step_number = 1 then event_id end) over (
            partition by funnel_name, person_key, held_value, entry_us
        ) as entry_event_id
    from in_order
    where later_us is null or occurred_us <= later_us
)
{%- endmacro %}
