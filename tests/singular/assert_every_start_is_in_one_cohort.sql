{# The cohorts of a retention, and its total, have as many persons as have started, for each stretch
   of time that is reported. #}
with

starts as (
    select retention_name, period, count(*) as start_count
    from {{ ref('int_retention_outcomes') }}
    group by 1, 2
),

expected as (
    select
        starts.retention_name,
        periods.kind,
        periods.first_period,
        coalesce(periods.last_period, -1) as last_period,
        starts.start_count
    from starts
    inner join {{ ref('retention_periods') }} as periods on starts.period = periods.period
),

told as (
    select
        'cohorts' as mart,
        retention_name,
        kind,
        first_period,
        coalesce(last_period, -1) as last_period,
        sum(person_count) as person_count,
        sum(mature_count + immature_count) as divided_count,
        sum(retained_count) as retained_count
    from {{ ref('retention_by_cohort') }}
    where segment_name = 'all'
    group by 1, 2, 3, 4, 5
    union all
    select
        'periods', retention_name, kind, first_period, coalesce(last_period, -1), person_count,
        mature_count + immature_count, retained_count
    from {{ ref('retention_by_period') }}
    where segment_name = 'all' and person_count > 0
),

whole as (
    select * from told
    where mart = 'periods'
)

select expected.*
from expected
left join told
    on
        expected.retention_name = told.retention_name
        and expected.kind = told.kind
        and expected.first_period = told.first_period
        and expected.last_period = told.last_period
left join whole
    on
        expected.retention_name = whole.retention_name
        and expected.kind = whole.kind
        and expected.first_period = whole.first_period
        and expected.last_period = whole.last_period
where
    coalesce(told.person_count, -1) != expected.start_count
    or told.divided_count != expected.start_count
    or coalesce(told.retained_count, -1) != coalesce(whole.retained_count, -2)
