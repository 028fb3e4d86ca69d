{# What a return so many periods after the start counts for, worked out once for each distance. The
   farthest stands for all that lie beyond what the seed names. #}
with

periods as (
    select * from {{ ref('int_retention_periods') }}
),

bounds as (
    select
        cast('1970-01-05' as date) as first_date,
        cast(
            cast('1970-01-05' as date) + cast(max(last_awaited_period) + 1 as integer) as date
        ) as last_date
    from periods
),

calendar as (
    {{ days_between('bounds', 'first_date', 'last_date') }}
),

distances as (
    select {{ period_number('date_day', "'day'") }} as distance
    from calendar
),

final as (
    select
        periods.period,
        distances.distance,
        cast(sum(case
            when
                distances.distance
                between periods.first_period
                and coalesce(periods.last_counted_period, distances.distance)
                then periods.flag
            else 0
        end) as bigint) as flags
    from distances
    cross join periods
    group by 1, 2
)

select * from final
