{# How much of what came on which day, a row for many thousand events: what judges volumes reads it
   and never the wide table. A run counts the days anew that its rows belong to. Bots are nobody. #}
-- depends_on: {{ ref('int_changed_visitor_days') }}
with

{% if is_incremental() -%}
changed as (
    select distinct event_date from {{ ref('int_changed_visitor_days') }}
),
{%- endif %}

counted as (
    select
        source_name,
        event_name,
        platform,
        count(*) as event_count,
        event_date
    from {{ ref('int_events') }}
    where not is_bot
    {% if is_incremental() -%}
    and event_date in (select changed.event_date from changed)
    {%- endif %}
    group by 1, 2, 3, 5
),

{# A day on which there are no events any more is deleted by a row without any. #}
final as (
    select * from counted
    {%- if is_incremental() %}
    union all
    select null, null, null, 0, event_date from changed
    {%- endif %}
)

select * from final
