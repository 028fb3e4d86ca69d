{# Counts are judged by their square roots, whose spread is the same at every volume: 1 if events
   came one by one, more where visits bring many. How much more is measured on the four weeks before, by
   the median distance, which odd days do not move. #}
{%- set threshold = var('anomaly_threshold') %}
with

volumes as (
    select * from {{ ref('int_event_volumes_by_day') }}
),

trained as (
    select
        *,
        case when not is_holiday then abs(deviation) end as trained_distance,
        max(event_date) over () as last_date
    from volumes
),

with_spread as (
    select
        *,
        count(trained_distance) over four_weeks as trained_day_count,
        {{ quantile('trained_distance', 0.5) }} over four_weeks as median_distance
    from trained
    window four_weeks as (
        partition by source_name, event_name, platform
        order by event_date
        rows between 28 preceding and 1 preceding
    )
),

{# 1.4826 makes the median distance a standard deviation, if distances are normal. #}
scored as (
    select
        *,
        trained_day_count < 7 or expected_count is null as is_learning,
        sqrt(expected_count + 0.375e0) as expected_root,
        case
            when 1.4826e0 * median_distance > 1 then 1.4826e0 * median_distance else 1e0
        end as spread
    from with_spread
    where event_date > last_date - {{ var('anomaly_days') }}
),

bounded as (
    select
        *,
        case when not is_learning then deviation / spread end as score,
        case
            when not is_learning and expected_root - {{ threshold }} * spread / 2 > sqrt(0.375e0)
                then power(expected_root - {{ threshold }} * spread / 2, 2) - 0.375e0
            when not is_learning then 0e0
        end as expected_low,
        case
            when not is_learning
                then power(expected_root + {{ threshold }} * spread / 2, 2) - 0.375e0
        end as expected_high
    from scored
),

final as (
    select
        -- keys
        source_name,
        event_name,
        platform,
        -- attributes
        case
            when is_holiday then 'holiday'
            when is_learning then 'learning'
            when score > {{ threshold }} then 'spike'
            when score < -{{ threshold }} and event_count = 0 then 'silence'
            when score < -{{ threshold }} then 'drop'
            else 'normal'
        end as verdict,
        -- measures
        event_count,
        cast(expected_count as double) as expected_count,
        cast(expected_low as double) as expected_low,
        cast(expected_high as double) as expected_high,
        cast(score as double) as score,
        -- times
        event_date
    from bounded
)

select * from final
