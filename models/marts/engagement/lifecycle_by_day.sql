{# Everybody seen so far is in one state on each day. A person is dormant from the 29th day after
   they were last active until they come back. #}
with

activity_gaps as (
    select event_date, days_since_previous, days_until_next, entity_count
    from {{ ref('int_activity_gaps') }}
    where entity_type = 'person'
),

states as (
    select
        event_date,
        sum(case when days_since_previous is null then entity_count else 0 end) as new_count,
        sum(case when days_since_previous <= 28 then entity_count else 0 end) as returning_count,
        sum(case when days_since_previous > 28 then entity_count else 0 end) as resurrected_count
    from activity_gaps
    group by 1
),

fallen_asleep as (
    select
        cast(event_date + 29 as date) as event_date,
        sum(entity_count) as dormant_change
    from activity_gaps
    where coalesce(days_until_next, 29) > 28
    group by 1
),

bounds as (
    select min(event_date) as first_date, max(event_date) as last_date
    from activity_gaps
),

calendar as (
    {{ days_between('bounds', 'first_date', 'last_date') }}
),

final as (
    select
        cast(coalesce(states.new_count, 0) as bigint) as new_person_count,
        cast(coalesce(states.returning_count, 0) as bigint) as returning_person_count,
        cast(coalesce(states.resurrected_count, 0) as bigint) as resurrected_person_count,
        cast(coalesce(fallen_asleep.dormant_change, 0) as bigint) as newly_dormant_person_count,
        cast(sum(
            coalesce(fallen_asleep.dormant_change, 0) - coalesce(states.resurrected_count, 0)
        ) over (order by calendar.date_day rows unbounded preceding) as bigint)
            as dormant_person_count,
        calendar.date_day as event_date
    from calendar
    left join states on calendar.date_day = states.event_date
    left join fallen_asleep on calendar.date_day = fallen_asleep.event_date
)

select * from final
