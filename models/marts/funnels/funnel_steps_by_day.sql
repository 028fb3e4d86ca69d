{# By the day of the entry, so that a day's row never changes once all its entries are mature. #}
with

steps as (
    select * from {{ ref('int_funnel_step_bounds') }}
),

entries as (
    select funnel_name, entry_event_id, entry_date, is_mature
    from {{ ref('funnel_entries') }}
    where is_counted
),

steps_reached as (
    select
        funnel_name,
        replace(cast(entry_event_id as string), '-', '') as entry_event_id,
        step_number
    from {{ ref('int_funnel_steps_reached') }}
),

started as (
    select
        funnel_name,
        entry_date,
        count(*) filter (where is_mature) as entry_count,
        count(*) filter (where not is_mature) as immature_count
    from entries
    group by 1, 2
),

counted as (
    select
        entries.funnel_name,
        entries.entry_date,
        steps_reached.step_number,
        count(*) as reached_count
    from entries
    inner join steps_reached
        on
            entries.funnel_name = steps_reached.funnel_name
            and entries.entry_event_id = steps_reached.entry_event_id
    where entries.is_mature
    group by 1, 2, 3
),

final as (
    select
        -- keys
        started.funnel_name,
        steps.step_number,
        -- attributes
        steps.step_name,
        -- measures
        started.entry_count,
        coalesce(counted.reached_count, 0) as reached_count,
        started.immature_count,
        coalesce(counted.reached_count, 0) / nullif(cast(started.entry_count as double), 0)
            as conversion_rate,
        -- times
        started.entry_date
    from started
    inner join steps on started.funnel_name = steps.funnel_name
    left join counted
        on
            started.funnel_name = counted.funnel_name
            and started.entry_date = counted.entry_date
            and steps.step_number = counted.step_number
)

select * from final
