{# Who came back in a period, or in a bracket that begins with it, came back in it or later. #}
with

cohorts as (
    select * from {{ ref('retention_by_cohort') }}
)

select narrow.*
from cohorts as narrow
inner join cohorts as wide
    on
        narrow.retention_name = wide.retention_name
        and narrow.segment_name = wide.segment_name
        and narrow.segment_value = wide.segment_value
        and narrow.cohort_date = wide.cohort_date
        and narrow.first_period = wide.first_period
where
    narrow.kind in ('n_day', 'bracket')
    and wide.kind = 'on_or_after'
    and (
        narrow.retained_count > wide.retained_count
        or narrow.mature_count > wide.mature_count
        or (narrow.kind = 'n_day' and narrow.mature_count != wide.mature_count)
    )
