{# Which paths journeys take, and how many of each reach the end. #}
with

paths as (
    select * from {{ ref('int_journey_paths') }}
),

totalled as (
    select
        *,
        sum(journey_count) over (partition by journey_name) as all_count,
        sum(converted_count) over (partition by journey_name) as all_converted_count
    from paths
),

with_others as (
    select
        *,
        all_count - journey_count as other_count,
        all_converted_count - converted_count as other_converted_count
    from totalled
),

rates as (
    select
        *,
        converted_count / nullif(cast(journey_count as double), 0) as rate,
        {{ wilson_bound('converted_count', 'journey_count', 'low') }} as low,
        {{ wilson_bound('converted_count', 'journey_count', 'high') }} as high,
        other_converted_count / nullif(cast(other_count as double), 0) as other_rate,
        {{ wilson_bound('other_converted_count', 'other_count', 'low') }} as other_low,
        {{ wilson_bound('other_converted_count', 'other_count', 'high') }} as other_high
    from with_others
),

final as (
    select
        -- keys
        journey_name,
        path,
        -- measures
        journey_count,
        immature_count,
        person_count,
        journey_count / nullif(cast(all_count as double), 0) as journey_share,
        converted_count,
        rate as conversion_rate,
        low as conversion_rate_low,
        high as conversion_rate_high,
        all_converted_count / nullif(cast(all_count as double), 0) as baseline_rate,
        other_rate as other_conversion_rate,
        rate - other_rate as conversion_difference,
        {{ newcombe_bound('rate', 'low', 'high', 'other_rate',
            'other_low', 'other_high', 'low') }} as conversion_difference_low,
        {{ newcombe_bound('rate', 'low', 'high', 'other_rate',
            'other_low', 'other_high', 'high') }} as conversion_difference_high,
        rate / nullif(other_rate, 0) as conversion_lift,
        median_microseconds / cast(1000000 as double) as median_seconds,
        -- flags
        is_cut
    from rates
)

select * from final
