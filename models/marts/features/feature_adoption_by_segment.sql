{# The barrier of a segment is the step on which it loses most against the whole, and of the whole
   the one that fewest pass. What chance explains is none: the whole's rate must lie above the
   segment's interval. #}
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
known as (
    select
        counts.* except (exposed_count),
        case when features.has_exposure then counts.exposed_count end as exposed_count,
        case when features.has_exposure then counts.exposed_count else counts.person_count end
            as offered_count
    from counts
    inner join features on counts.feature_name = features.feature_name
),

steps as (
    select
        *,
        exposed_count / nullif(cast(person_count as double), 0) as exposed_rate,
        tried_count / nullif(cast(offered_count as double), 0) as tried_step_rate,
        adopted_count / nullif(cast(tried_count as double), 0) as adopted_step_rate
    from known
),

compared as (
    select
        segment.*,
        whole.adopted_count / nullif(cast(whole.person_count as double), 0) as whole_adopted_rate,
        {%- for step, reached, before in [
            ('exposed', 'exposed_count', 'person_count'),
            ('tried', 'tried_count', 'offered_count'),
            ('adopted', 'adopted_count', 'tried_count'),
        ] %}
        {%- set rate = step ~ ('_rate' if step == 'exposed' else '_step_rate') %}
        case
            when
                {{ wilson_bound('segment.' ~ reached, 'segment.' ~ before, 'high') }}
                < case when segment.segment_name = 'all' then 1 else whole.{{ rate }} end
                then segment.{{ rate }}
                / case when segment.segment_name = 'all' then 1 else whole.{{ rate }} end
        end as {{ step }}_ratio{{ ',' if not loop.last }}
        {%- endfor %}
    from steps as segment
    inner join steps as whole
        on segment.feature_name = whole.feature_name and whole.segment_name = 'all'
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
        adopted_count / nullif(cast(person_count as double), 0) as adopted_rate,
        {{ wilson_bound('adopted_count', 'person_count', 'low') }} as adopted_rate_low,
        {{ wilson_bound('adopted_count', 'person_count', 'high') }} as adopted_rate_high,
        tried_step_rate,
        adopted_step_rate,
        adopted_count / nullif(cast(person_count as double), 0) / nullif(whole_adopted_rate, 0)
            as adopted_rate_to_whole,
        least(exposed_ratio, tried_ratio, adopted_ratio) as barrier_rate_to_whole,
        days_to_first_use_p50,
        days_to_first_use_p90,
        days_to_adopt_p50,
        days_to_adopt_p90
    from compared
)

select * from final
