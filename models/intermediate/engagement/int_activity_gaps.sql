{# How long entities had been away before an active day, and how long they stay away after it. What
   is beyond 28 days counts as 29, so that few rows tell all that windows and life cycles need. #}
{%- set horizon = 29 %}
with

active_days as (
    select entity_type, entity_key, event_date
    from {{ ref('int_active_days') }}
),

with_neighbours as (
    select
        entity_type,
        event_date,
        lag(event_date) over (
            partition by entity_type, entity_key order by event_date
        ) as previous_date,
        lead(event_date) over (
            partition by entity_type, entity_key order by event_date
        ) as next_date
    from active_days
),

measured as (
    select
        entity_type,
        event_date,
        {{ dbt.datediff('previous_date', 'event_date', 'day') }} as days_since_previous, -- noqa: LT05
        {{ dbt.datediff('event_date', 'next_date', 'day') }} as days_until_next -- noqa: LT05
    from with_neighbours
),

final as (
    select
        entity_type,
        event_date,
        cast(
            case
                when days_since_previous > {{ horizon }} then {{ horizon }}
                else days_since_previous
            end as integer
        ) as days_since_previous,
        cast(
            case when days_until_next > {{ horizon }} then {{ horizon }} else days_until_next end
            as integer
        ) as days_until_next,
        count(*) as entity_count
    from measured
    group by 1, 2, 3, 4
)

select * from final
