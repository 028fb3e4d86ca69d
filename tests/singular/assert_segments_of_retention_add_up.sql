{# Every start has one value of each segment, so in each cohort the values add up to the whole. #}
with

totals as (
    select
        retention_name,
        segment_name,
        cohort_date,
        kind,
        first_period,
        coalesce(last_period, -1) as last_period,
        sum(person_count) as person_count,
        sum(mature_count) as mature_count,
        sum(retained_count) as retained_count
    from {{ ref('retention_by_cohort') }}
    group by 1, 2, 3, 4, 5, 6
),

whole as (
    select * from totals
    where segment_name = 'all'
),

names as (
    select distinct segment_name from totals
)

select whole.*, names.segment_name as other_name
from whole
cross join names
left join totals
    on
        names.segment_name = totals.segment_name
        and whole.retention_name = totals.retention_name
        and whole.cohort_date = totals.cohort_date
        and whole.kind = totals.kind
        and whole.first_period = totals.first_period
        and whole.last_period = totals.last_period
where
    coalesce(totals.person_count, -1) != whole.person_count
    or coalesce(totals.mature_count, -1) != whole.mature_count
    or coalesce(totals.retained_count, -1) != whole.retained_count
