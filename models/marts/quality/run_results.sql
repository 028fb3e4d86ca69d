{# Earlier runs: the one that builds this is not over yet. Spark keeps no runs. #}
with

{% if rebuilds_everything() -%}
results as (
    select
        cast(null as string) as invocation_id,
        cast(null as string) as node_type,
        cast(null as string) as node_name,
        cast(null as string) as command,
        cast(null as timestamp) as started_at,
        cast(null as string) as status,
        cast(null as double) as execution_seconds,
        cast(null as bigint) as row_count,
        cast(null as bigint) as failure_count
    where false
),
{%- else -%}
results as (
    select nodes.*, runs.command, runs.started_at
    from {{ node_runs() }} as nodes
    inner join {{ runs() }} as runs on nodes.invocation_id = runs.invocation_id
),
{%- endif %}

final as (
    select
        -- keys
        invocation_id,
        node_type,
        node_name,
        -- attributes
        command,
        status,
        -- measures
        execution_seconds,
        row_count,
        failure_count,
        -- times, UTC
        started_at
    from results
)

select * from final
