{# A period of a person counts once it has passed: its last day lies before the day of the last
   moment of data. Who comes back earlier does not make it count, or young cohorts would look better.
   Longer than a screen: segments, counts and maturity are three short steps over one relation. #}
{%- set given = given_segments(ref('segments'), ref('segment_rules')) %}
with

retentions as (
    select retention_name, period from {{ ref('retentions') }}
),

periods as (
    select * from {{ ref('int_retention_periods') }}
),

segments as (
    {{ segment_readings(ref('segments')) }}
),

persons as (
    select cast(person_id as bigint) as person_key, first_seen_date
    from {{ ref('persons') }}
),

last_moment as (
    select {{ local_date('max(ended_at)') }} as last_date from {{ ref('int_session_spans') }}
),

outcomes as (
    select
        outcomes.*,
        {{ user_tenure('outcomes.start_date', 'persons.first_seen_date') }} as user_tenure
    from {{ ref('int_retention_outcomes') }} as outcomes
    inner join persons on outcomes.person_key = persons.person_key
),

described as (
    {{ with_given_segments('outcomes', ref('int_person_segments'), given) }}
),

{# Few outcomes are different: what follows works on their counts. #}
alike as (
    select
        retention_name,
        {{ segment_columns(given) | join(', ') }},
        cohort_date,
        start_period_number,
        returned_flags,
        count(*) as person_count
    from described
    group by
        retention_name,
        {{ segment_columns(given) | join(', ') }},
        cohort_date,
        start_period_number,
        returned_flags
),

alike_by_segment as (
    {{ by_segment('alike', given) }}
),

counted as (
    select
        retention_name,
        segment_name,
        segment_value,
        cohort_date,
        start_period_number,
        returned_flags,
        sum(person_count) as person_count
    from alike_by_segment
    group by 1, 2, 3, 4, 5, 6
),

shown as (
    select
        *,
        case
            when
                segment_name != 'all'
                and sum(person_count) over (
                    partition by retention_name, segment_name, segment_value
                ) < {{ var('segment_smallest_count') }}
                then 'other'
            else segment_value
        end as shown_value
    from counted
),

summed as (
    select
        retentions.retention_name,
        retentions.period,
        shown.segment_name,
        shown.shown_value as segment_value,
        shown.cohort_date,
        periods.kind,
        periods.first_period,
        periods.last_period,
        sum(shown.person_count) as person_count,
        sum(case
            when
                shown.start_period_number + periods.last_awaited_period
                < {{ period_number('last_moment.last_date', 'retentions.period') }}
                then shown.person_count
            else 0
        end) as mature_count,
        sum(case
            when
                shown.start_period_number + periods.last_awaited_period
                < {{ period_number('last_moment.last_date', 'retentions.period') }}
                and (shown.returned_flags & periods.flag) != 0
                then shown.person_count
            else 0
        end) as retained_count
    from shown
    inner join retentions on shown.retention_name = retentions.retention_name
    inner join periods on retentions.period = periods.period
    cross join last_moment
    group by 1, 2, 3, 4, 5, 6, 7, 8
),

final as (
    select
        -- keys
        retention_name,
        segment_name,
        segment_value,
        kind,
        first_period,
        last_period,
        -- attributes
        period,
        -- measures
        cast(person_count as bigint) as person_count,
        cast(mature_count as bigint) as mature_count,
        cast(retained_count as bigint) as retained_count,
        cast(person_count - mature_count as bigint) as immature_count,
        retained_count / nullif(cast(mature_count as double), 0) as retention_rate,
        {{ wilson_bound('retained_count', 'mature_count', 'low') }} as retention_rate_low,
        {{ wilson_bound('retained_count', 'mature_count', 'high') }} as retention_rate_high,
        -- times
        cohort_date
    from summed
)

select * from final
