{# A run is judged as of the end of the last landed day, not of the clock: the same rows always give
   the same status. #}
with

process_runs as (
    select * from {{ ref('int_process_runs') }}
),

process_steps as (
    select process_name, max(step_number) as step_count
    from {{ ref('process_steps') }}
    group by 1
),

as_of as (
    select cast(max(landed_date) + 1 as timestamp) as as_of_at
    from {{ ref('int_landings') }}
),

final as (
    select
        -- keys
        process_runs.source_name,
        process_runs.run_id,
        process_runs.user_id,
        -- attributes
        process_runs.process_name,
        case
            when process_runs.failed_at < process_runs.completed_at then 'failed'
            when process_runs.completed_at is not null then 'complete'
            when process_runs.failed_at is not null then 'failed'
            when
                process_runs.last_event_at
                + interval {{ var('process_run_timeout_hours') }} hours < as_of.as_of_at
                then 'timed_out'
            else 'running'
        end as status,
        -- measures
        process_runs.furthest_step,
        process_steps.step_count,
        {{ microseconds_between('process_runs.started_at', 'process_runs.last_event_at') }} / 1e6
            as duration_seconds,
        -- times, UTC, and the local day
        process_runs.started_at,
        process_runs.last_event_at,
        {{ local_date('process_runs.started_at') }} as started_date
    from process_runs
    inner join process_steps on process_runs.process_name = process_steps.process_name
    cross join as_of
)

select * from final
