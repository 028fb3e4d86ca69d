{# The barrier of a segment is the step on which it loses most against the whole, and of the whole
   the one that fewest pass. What chance explains is none: the whole's rate must lie above the
   segment's interval. Longer than a screen for its columns. #}
with

features as (
    select feature_name, exposure_event_name is not null as has_exposure
    from {{ ref('features') }}
    where is_used
),

counts as (
    select * from {{ ref('int_feature_counts_by_segment') }}
),

{# Without an exposure event nobody can be told to have met the feature and not tried it. #}
steps as (
    select
        counts.feature_name,
        counts.segment_name,
        counts.segment_value,
        counts.person_count,
        counts.immature_count,
        case when features.has_exposure then counts.exposed_count end as exposed_count,
        case when features.has_exposure then counts.exposed_count else counts.person_count end
            as offered_count,
        counts.tried_count,
        counts.adopted_count,
        counts.days_to_first_use_p50,
        counts.days_to_first_use_p90,
        counts.days_to_adopt_p50,
        counts.days_to_adopt_p90
    from counts
    inner join features on counts.feature_name = features.feature_name
),

rates as (
    select
        *,
        exposed_count / nullif(cast(person_count as double), 0) as exposed_rate,
        tried_count / nullif(cast(offered_count as double), 0) as tried_step_rate,
        adopted_count / nullif(cast(tried_count as double), 0) as adopted_step_rate,
        adopted_count / nullif(cast(person_count as double), 0) as adopted_rate
    from steps
),

whole as (
    select * from rates
    where segment_name = 'all'
),

compared as (
    select
        rates.*,
        whole.adopted_rate as whole_adopted_rate,
        case when rates.segment_name = 'all' then 1 else whole.exposed_rate end
            as expected_exposed_rate,
        case when rates.segment_name = 'all' then 1 else whole.tried_step_rate end
            as expected_tried_rate,
        case when rates.segment_name = 'all' then 1 else whole.adopted_step_rate end
            as expected_adopted_rate
    from rates
    inner join whole on rates.feature_name = whole.feature_name
),

measured as (
    select
        *,
        case
            when {{ wilson_bound('exposed_count', 'person_count', 'high') }} < expected_exposed_rate
                then exposed_rate / expected_exposed_rate
        end as exposed_ratio,
        case
            when {{ wilson_bound('tried_count', 'offered_count', 'high') }} < expected_tried_rate
                then tried_step_rate / expected_tried_rate
        end as tried_ratio,
        case
            when {{ wilson_bound('adopted_count', 'tried_count', 'high') }} < expected_adopted_rate
                then adopted_step_rate / expected_adopted_rate
        end as adopted_ratio
    from compared
),

final as (
    select
        -- keys
        feature_name,
        segment_name,
        segment_value,
        -- attributes
        case least(exposed_ratio, tried_ratio, adopted_ratio)
            when exposed_ratio then 'not exposed'
            when tried_ratio then 'not tried'
            when adopted_ratio then 'not repeated'
        end as barrier,
        -- measures
        person_count,
        immature_count,
        exposed_count,
        tried_count,
        adopted_count,
        exposed_rate,
        {{ wilson_bound('exposed_count', 'person_count', 'low') }} as exposed_rate_low,
        {{ wilson_bound('exposed_count', 'person_count', 'high') }} as exposed_rate_high,
        tried_count / nullif(cast(person_count as double), 0) as tried_rate,
        {{ wilson_bound('tried_count', 'person_count', 'low') }} as tried_rate_low,
        {{ wilson_bound('tried_count', 'person_count', 'high') }} as tried_rate_high,
        adopted_rate,
        {{ wilson_bound('adopted_count', 'person_count', 'low') }} as adopted_rate_low,
        {{ wilson_bound('adopted_count', 'person_count', 'high') }} as adopted_rate_high,
        tried_step_rate,
        adopted_step_rate,
        adopted_rate / nullif(whole_adopted_rate, 0) as adopted_rate_to_whole,
        least(exposed_ratio, tried_ratio, adopted_ratio) as barrier_rate_to_whole,
        days_to_first_use_p50,
        days_to_first_use_p90,
        days_to_adopt_p50,
        days_to_adopt_p90
    from measured
)

select * from final
