{# The cohorts of a retention together, each with its own weight: counts are added, rates never
   averaged. A retention that nobody started has rows with zeros. #}
with

cohorts as (
    select * from {{ ref('retention_by_cohort') }}
),

retentions as (
    select retention_name, period from {{ ref('retentions') }}
),

periods as (
    select * from {{ ref('int_retention_periods') }}
),

listed as (
    select
        retention_name,
        segment_name,
        segment_value,
        kind,
        first_period,
        last_period,
        period,
        person_count,
        mature_count,
        retained_count,
        immature_count,
        case when mature_count > 0 then cohort_date end as mature_cohort_date
    from cohorts
    union all
    select
        retentions.retention_name,
        'all',
        'all',
        periods.kind,
        periods.first_period,
        periods.last_period,
        retentions.period,
        0,
        0,
        0,
        0,
        null
    from retentions
    inner join periods on retentions.period = periods.period
),

summed as (
    select
        retention_name,
        segment_name,
        segment_value,
        kind,
        first_period,
        last_period,
        period,
        sum(person_count) as person_count,
        sum(mature_count) as mature_count,
        sum(retained_count) as retained_count,
        sum(immature_count) as immature_count,
        count(distinct mature_cohort_date) as mature_cohort_count
    from listed
    group by 1, 2, 3, 4, 5, 6, 7
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
        cast(immature_count as bigint) as immature_count,
        mature_cohort_count,
        retained_count / nullif(cast(mature_count as double), 0) as retention_rate,
        {{ wilson_bound('retained_count', 'mature_count', 'low') }} as retention_rate_low,
        {{ wilson_bound('retained_count', 'mature_count', 'high') }} as retention_rate_high
    from summed
)

select * from final
