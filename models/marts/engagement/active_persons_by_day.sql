{# Each active day opens a window of 7 and 28 days, cut short where the next one opens: so nobody
   counts twice, and a running sum of openings and closings is the exact count. #}
with

activity_gaps as (
    select * from {{ ref('int_activity_gaps') }}
),

changes as (
    select
        entity_type,
        event_date,
        entity_count as day_change,
        entity_count as week_change,
        entity_count as month_change
    from activity_gaps
    union all
    select
        entity_type,
        cast(event_date + cast(least(coalesce(days_until_next, 7), 7) as integer) as date),
        0,
        -entity_count,
        0
    from activity_gaps
    union all
    select
        entity_type,
        cast(event_date + cast(least(coalesce(days_until_next, 28), 28) as integer) as date),
        0,
        0,
        -entity_count
    from activity_gaps
),

changes_by_day as (
    select
        entity_type,
        event_date,
        sum(day_change) as day_change,
        sum(week_change) as week_change,
        sum(month_change) as month_change
    from changes
    group by 1, 2
),

bounds as (
    select min(event_date) as first_date, max(event_date) as last_date
    from activity_gaps
),

calendar as (
    {{ days_between('bounds', 'first_date', 'last_date') }}
),

entity_types as (
    select 'person' as entity_type
    union all
    select 'account'
    union all
    select 'run'
),

counted as (
    select
        entity_types.entity_type,
        calendar.date_day as event_date,
        coalesce(changes_by_day.day_change, 0) as active_count,
        coalesce(sum(changes_by_day.week_change) over (
            partition by entity_types.entity_type
            order by calendar.date_day rows unbounded preceding
        ), 0) as active_7_day_count,
        coalesce(sum(changes_by_day.month_change) over (
            partition by entity_types.entity_type
            order by calendar.date_day rows unbounded preceding
        ), 0) as active_28_day_count
    from calendar
    cross join entity_types
    left join changes_by_day
        on
            calendar.date_day = changes_by_day.event_date
            and entity_types.entity_type = changes_by_day.entity_type
),

final as (
    select
        -- keys
        entity_type,
        -- measures
        cast(active_count as bigint) as active_count,
        cast(active_7_day_count as bigint) as active_7_day_count,
        cast(active_28_day_count as bigint) as active_28_day_count,
        active_count / nullif(cast(active_28_day_count as double), 0) as stickiness_rate,
        -- times
        event_date
    from counted
)

select * from final
