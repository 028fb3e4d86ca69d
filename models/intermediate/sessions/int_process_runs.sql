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

final as (
    select
        -- keys
        moved.source_name,
        moved.run_id,
        {% if is_incremental() -%}
        moved.process_name,
        least(moved.user_id, known.user_id) as user_id,
        greatest(moved.furthest_step, known.furthest_step) as furthest_step,
        least(moved.started_at, known.started_at) as started_at,
        greatest(moved.last_event_at, known.last_event_at) as last_event_at,
        least(moved.completed_at, known.completed_at) as completed_at,
        least(moved.failed_at, known.failed_at) as failed_at
        {%- else -%}
        moved.process_name,
        moved.user_id,
        moved.furthest_step,
        moved.started_at,
        moved.last_event_at,
        moved.completed_at,
        moved.failed_at
        {%- endif %}
    from moved
    {% if is_incremental() -%}
    left join {{ this }} as known
        on
            moved.source_name = known.source_name
            and moved.run_id = known.run_id
            and moved.process_name = known.process_name
    {%- endif %}
)

select * from final
