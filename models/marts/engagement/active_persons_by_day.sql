{# Each day a person is active opens a window of 7 and 28 days, cut short where the next one opens:
   so nobody counts twice, and a running sum of openings and closings is the exact count. #}
with

person_days as (
    select distinct person_id, event_date
    from {{ ref('int_person_days') }}
),

with_next_day as (
    select
        event_date,
        lead(event_date) over (partition by person_id order by event_date) as next_date
    from person_days
),

windows as (
    select
        event_date,
        least(coalesce(next_date, event_date + 7), event_date + 7) as week_end,
        least(coalesce(next_date, event_date + 28), event_date + 28) as month_end,
        count(*) as person_count
    from with_next_day
    group by 1, 2, 3
),

changes as (
    select event_date, person_count, person_count as week_change, person_count as month_change
    from windows
    union all
    select week_end, 0, -person_count, 0 from windows
    union all
    select month_end, 0, 0, -person_count from windows
),

changes_by_day as (
    select
        event_date,
        sum(person_count) as person_count,
        sum(week_change) as week_change,
        sum(month_change) as month_change
    from changes
    group by 1
),

bounds as (
    select min(event_date) as first_date, max(event_date) as last_date
    from person_days
),

calendar as (
    {{ days_between('bounds', 'first_date', 'last_date') }}
),

final as (
    select
        calendar.date_day as event_date,
        cast(coalesce(changes_by_day.person_count, 0) as bigint) as active_person_count,
        cast(coalesce(sum(changes_by_day.week_change) over (
            order by calendar.date_day rows unbounded preceding
        ), 0) as bigint) as active_person_7_day_count,
        cast(coalesce(sum(changes_by_day.month_change) over (
            order by calendar.date_day rows unbounded preceding
        ), 0) as bigint) as active_person_28_day_count
    from calendar
    left join changes_by_day on calendar.date_day = changes_by_day.event_date
)

select * from final
