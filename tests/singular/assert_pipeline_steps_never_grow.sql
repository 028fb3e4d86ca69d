{# No step holds more than the one before it, each step of an origin and month has the same entries,
   and every lead and every form is one entry. #}
with

steps as (
    select
        *,
        lag(reached_count) over (
            partition by origin, entry_month order by step_number
        ) as previous_count,
        lag(entry_count + immature_count) over (
            partition by origin, entry_month order by step_number
        ) as previous_entry_count
    from {{ ref('pipeline_steps') }}
),

grown as (
    select origin, entry_month, step_number
    from steps
    where
        reached_count > previous_count or entry_count + immature_count != previous_entry_count
),

counts as (
    select count(*) as entry_count from {{ ref('leads') }}
    union all
    select count(*) from {{ ref('form_submissions') }}
    where lead_id is null
    union all
    select -sum(entry_count + immature_count) from {{ ref('pipeline_steps') }}
    where step_number = 2
)

select origin, cast(entry_month as string) as entry_month, step_number from grown
union all
select 'entries lost', null, sum(entry_count)
from counts
having sum(entry_count) != 0
