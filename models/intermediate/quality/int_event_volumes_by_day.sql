{# How many events a day should have had, from the days before it alone: the same weekday in each of
   the four weeks before, moved by how the level has changed since. A level is the median of the
   seven days before a day, so up to three odd days change nothing, and a new level is known after
   four. Holidays train nothing. Counts and levels are taken plus one, so that nothing is divided by
   nought and an event that has just begun has a level to move to. Judging a day takes the 63 days
   before it: four weeks of deviations, and for the first of them four weeks and a level. #}
with

landed as (
    select
        source_name,
        max({{ local_date('cast(landed_date as timestamp)') }} - 1) as last_date
    from {{ ref('int_landed_rows_by_day') }}
    group by 1
),

{# A day is over once something landed on a later one: of its tool, or, some days on, of any. #}
sources as (
    select
        source_name,
        greatest(
            last_date, max(last_date) over () - {{ var('anomaly_wait_days') }}
        ) as last_date,
        max(last_date) over () - {{ var('anomaly_days') }} - 63 as first_date
    from landed
),

counts as (
    select counts.*
    from {{ ref('int_event_counts_by_day') }} as counts
    inner join sources
        on
            counts.source_name = sources.source_name
            and counts.event_date between sources.first_date and sources.last_date
),

holidays as (
    select distinct try_cast(holiday_date as date) as holiday_date
    from {{ ref('holidays') }}
),

series as (
    select
        counts.source_name,
        counts.event_name,
        counts.platform,
        min(counts.event_date) as first_date,
        max(sources.last_date) as last_date
    from counts
    inner join sources on counts.source_name = sources.source_name
    group by 1, 2, 3
),

bounds as (
    select min(first_date) as first_date, max(last_date) as last_date from series
),

calendar as (
    {{ days_between('bounds', 'first_date', 'last_date') }}
),

every_day as (
    select
        series.source_name,
        series.event_name,
        series.platform,
        coalesce(counts.event_count, 0) as event_count,
        case when holidays.holiday_date is null then coalesce(counts.event_count, 0) end
            as trained_count,
        calendar.date_day as event_date
    from series
    inner join calendar on calendar.date_day between series.first_date and series.last_date
    left join counts
        on
            series.source_name = counts.source_name
            and series.event_name = counts.event_name
            and series.platform = counts.platform
            and calendar.date_day = counts.event_date
    left join holidays on calendar.date_day = holidays.holiday_date
),

with_levels as (
    select
        *,
        case
            when count(*) over week_before = 7
                then {{ quantile('trained_count', 0.5) }} over week_before + 1
        end as level
    from every_day
    window week_before as (
        partition by source_name, event_name, platform
        order by event_date
        rows between 7 preceding and 1 preceding
    )
),

weeks as (
    select 1 as week_number
    union all
    select 2 as week_number
    union all
    select 3 as week_number
    union all
    select 4 as week_number
),

expected as (
    select
        days.source_name,
        days.event_name,
        days.platform,
        days.event_date,
        {{ quantile('(earlier.trained_count + 1) * days.level / earlier.level', 0.5) }} - 1
            as expected_count
    from with_levels as days
    cross join weeks
    inner join with_levels as earlier
        on
            days.source_name = earlier.source_name
            and days.event_name = earlier.event_name
            and days.platform = earlier.platform
            and earlier.event_date = days.event_date - 7 * weeks.week_number
    group by 1, 2, 3, 4
),

{# A level below one that follows a higher one can lead below nought. #}
at_least_none as (
    select
        source_name,
        event_name,
        platform,
        event_date,
        case when expected_count < 0 then 0 else expected_count end as expected_count
    from expected
),

final as (
    select
        -- keys
        with_levels.source_name,
        with_levels.event_name,
        with_levels.platform,
        -- measures
        cast(with_levels.event_count as bigint) as event_count,
        at_least_none.expected_count,
        2 * (sqrt(with_levels.event_count + 0.375e0) - sqrt(at_least_none.expected_count + 0.375e0))
            as deviation,
        -- flags
        with_levels.trained_count is null as is_holiday,
        -- times
        with_levels.event_date
    from with_levels
    left join at_least_none
        on
            with_levels.source_name = at_least_none.source_name
            and with_levels.event_name = at_least_none.event_name
            and with_levels.platform = at_least_none.platform
            and with_levels.event_date = at_least_none.event_date
)

select * from final
