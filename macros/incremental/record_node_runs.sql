{# on-run-end: what became of each node of this run, and how many rows its table holds now. Read by the
   mart run_results. Test: tests/python/incremental/test_replay.py. #}
{% macro record_node_runs(results) -%}
    {%- if rebuilds_everything() or not execute %}{{ return('') }}{% endif -%}
    {%- set rows = [] -%}
    {%- for result in results if result.node.resource_type in ['model', 'seed', 'test', 'unit_test'] -%}
        {%- set node = result.node -%}
        {%- set row = "('" ~ node.resource_type ~ "', '" ~ node.name ~ "', '" ~ node.schema ~ "', '"
            ~ (node.alias or node.name) ~ "', '" ~ result.status ~ "', " ~ result.execution_time ~ ", "
            ~ (result.failures if result.failures is not none else 'null') ~ ")" -%}
        {%- do rows.append(row) -%}
    {%- endfor -%}
    {%- if rows %}
    insert into {{ node_runs() }}
    select
        '{{ invocation_id }}',
        results.node_type,
        results.node_name,
        results.status,
        results.execution_seconds,
        case when results.node_type in ('model', 'seed') then tables.estimated_size end,
        results.failure_count
    from (values {{ rows | join(', ') }}) as results (
        node_type, node_name, schema_name, table_name, status, execution_seconds, failure_count
    )
    left join duckdb_tables() as tables
        on
            tables.database_name = '{{ target.database }}'
            and results.schema_name = tables.schema_name
            and results.table_name = tables.table_name
    {%- endif %}
{%- endmacro %}
