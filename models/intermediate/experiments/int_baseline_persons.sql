{# Who would have entered an experiment that everybody is in: a person enters on their first active
   day of the run. #}
with

runs as (
    select * from {{ ref('int_baseline_runs') }}
    where is_in_history
),

active_days as (
    select entity_key as person_key, event_date
    from {{ ref('int_active_days') }}
    where
        entity_type = 'person'
        and event_date >= (select min(runs.start_date) from runs)
),

final as (
    select
        -- keys
        runs.run_days,
        active_days.person_key,
        -- local days
        min(active_days.event_date) as entered_date
    from active_days
    inner join runs
        on active_days.event_date >= runs.start_date and active_days.event_date < runs.end_date
    group by 1, 2
)

select * from final
