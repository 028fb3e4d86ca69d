{# A bound may stand in the seed, or follow from what is usual: the median of the same weekday in
   the four weeks before, at least two of them. The stricter one counts. #}
with

watches as (
    select
        *,
        try_cast(lower_bound as double) as lowest,
        try_cast(upper_bound as double) as highest,
        try_cast(largest_drop as double) as drop_share,
        try_cast(largest_rise as double) as rise_share,
        coalesce(try_cast(least_sample as double), 0) as fewest
    from {{ ref('watch_list') }}
),

watched_values as (
    select * from {{ ref('watched_values') }}
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

usual as (
    select
        days.watch_name,
        days.value_date,
        case
            when count(earlier.metric_value) >= 2
                then {{ quantile('earlier.metric_value', 0.5) }}
        end as usual_value
    from watched_values as days
    cross join weeks
    inner join watched_values as earlier
        on
            days.watch_name = earlier.watch_name
            and earlier.value_date = days.value_date - 7 * weeks.week_number
    group by 1, 2
),

with_latest as (
    select
        *,
        max(value_date) over (partition by watch_name) as latest_date
    from watched_values
),

bounded as (
    select
        watches.*,
        with_latest.metric_value,
        with_latest.sample_size,
        with_latest.value_date,
        with_latest.latest_date,
        usual.usual_value,
        greatest(
            watches.lowest, usual.usual_value - watches.drop_share * abs(usual.usual_value)
        ) as lowest_allowed,
        least(
            watches.highest, usual.usual_value + watches.rise_share * abs(usual.usual_value)
        ) as highest_allowed
    from watches
    left join with_latest
        on
            watches.watch_name = with_latest.watch_name
            and with_latest.value_date > with_latest.latest_date - {{ var('watch_days') }}
    left join usual
        on
            with_latest.watch_name = usual.watch_name
            and with_latest.value_date = usual.value_date
),

judged as (
    select
        *,
        case
            when metric_value is null then 'no_data'
            when sample_size < fewest then 'too_few'
            when metric_value < lowest_allowed then 'too_low'
            when metric_value > highest_allowed then 'too_high'
            when lowest_allowed is null and highest_allowed is null then 'learning'
            else 'ok'
        end as verdict
    from bounded
),

final as (
    select
        -- keys
        watch_name,
        -- attributes
        mart_name,
        value_column,
        severity,
        owner,
        verdict,
        -- measures
        cast(metric_value as double) as metric_value,
        cast(lowest_allowed as double) as lowest_allowed,
        cast(highest_allowed as double) as highest_allowed,
        cast(usual_value as double) as usual_value,
        cast(
            (metric_value - usual_value) / nullif(abs(usual_value), 0) as double
        ) as change_rate,
        cast(sample_size as double) as sample_size,
        -- flags
        verdict in ('too_low', 'too_high') as is_firing,
        coalesce(is_guardrail, '') = 'true' as is_guardrail,
        coalesce(value_date = latest_date, true) as is_latest,
        -- times
        value_date
    from judged
)

select * from final
