{# What is known of each run of a process. Only firsts, lasts and furthests are kept, so that a row
   may arrive at any time, twice or out of order, and cost nothing but itself. #}
with

landed_events as (
    select source_name, run_id, user_id, event_name, occurred_at
    from {{ ref('int_landed_events') }}
    where
        reject_reason is null
        and run_id is not null
        and {{ is_of_this_run('landed_date') }}
),

process_steps as (
    select * from {{ ref('process_steps') }}
),

moved as (
    select
        landed_events.source_name,
        landed_events.run_id,
        process_steps.process_name,
        min(landed_events.user_id) as user_id,
        max(process_steps.step_number) as furthest_step,
        min(landed_events.occurred_at) as started_at,
        max(landed_events.occurred_at) as last_event_at,
        min(case when process_steps.ends_as = 'complete' then landed_events.occurred_at end)
            as completed_at,
        min(case when process_steps.ends_as = 'failed' then landed_events.occurred_at end)
            as failed_at
    from landed_events
    inner join process_steps on landed_events.event_name = process_steps.event_name
    group by 1, 2, 3
),

{% if is_incremental() -%}
known as (
    select runs.*
    from {{ this }} as runs
    semi join moved
        on
            runs.source_name = moved.source_name
            and runs.run_id = moved.run_id
            and runs.process_name = moved.process_name
),
{%- endif %}

sightings as (
    select * from moved
    {%- if is_incremental() %}
    union all
    select * from known
    {%- endif %}
),

final as (
    select
        -- keys
        source_name,
        run_id,
        -- attributes
        process_name,
        min(user_id) as user_id,
        -- measures
        max(furthest_step) as furthest_step,
        -- times, UTC
        min(started_at) as started_at,
        max(last_event_at) as last_event_at,
        min(completed_at) as completed_at,
        min(failed_at) as failed_at
    from sightings
    group by 1, 2, 3
)

select * from final
