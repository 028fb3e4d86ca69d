{# How far each entry into a funnel got. A run restates the persons with new events. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

funnels as (
    select * from {{ ref('funnels') }}
),

step_bounds as (
    select * from {{ ref('int_funnel_step_bounds') }}
),

{% if is_incremental() -%}
changed as (
    select distinct person_key from {{ ref('int_changed_persons') }}
),
{%- endif %}

step_events as (
    select
        events.*,
        funnels.step_order,
        funnels.attempts,
        funnels.window_hours * cast(3600000000 as bigint) as window_us
    from {{ ref('int_funnel_step_events') }} as events
    inner join funnels on events.funnel_name = funnels.funnel_name
    {% if is_incremental() -%}
    where events.person_key in (select changed.person_key from changed)
    {%- endif %}
),

{{ funnel_chain(funnel_links()) }},

final as (
    select
        -- keys
        funnel_name,
        entry_event_id,
        cast(step_number as integer) as step_number,
        person_key,
        event_id,
        -- attributes
        held_value,
        -- measures
        occurred_us - entry_us as microseconds_since_entry,
        microseconds_since_previous
    from steps_done
    {%- if is_incremental() %}
    union all
    select null, null, null, person_key, null, null, null, null from changed
    {%- endif %}
)

select * from final
