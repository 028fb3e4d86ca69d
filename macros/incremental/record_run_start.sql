{# on-run-start: opens the row of this run. One that is killed leaves it open. Engines without a
   published file keep none. Test: tests/python/publish. #}
{% macro record_run_start() -%}
    {%- if rebuilds_everything() -%}{{ return('') }}{%- endif -%}
    {%- set given = invocation_args_dict -%}
    {%- set is_whole = flags.WHICH == 'build' and not flags.EMPTY
        and not given.get('select') and not given.get('exclude') and not given.get('selector')
        and not given.get('resource_types') and not given.get('exclude_resource_types') -%}
    create schema if not exists {{ runs().schema }};
    create table if not exists {{ runs() }} (
        invocation_id varchar,
        command varchar,
        is_whole boolean,
        landing_root varchar,
        dbt_version varchar,
        started_at timestamp,
        ended_at timestamp,
        passed_count bigint,
        warned_count bigint,
        failed_count bigint
    );
    create table if not exists {{ node_runs() }} (
        invocation_id varchar,
        node_type varchar,
        node_name varchar,
        status varchar,
        execution_seconds double,
        row_count bigint,
        failure_count bigint
    );
    insert into {{ runs() }} values (
        '{{ invocation_id }}',
        '{{ flags.WHICH }}',
        {{ is_whole }},
        '{{ escape_single_quotes(env_var('LANDING_ROOT', 'landing')) }}',
        '{{ dbt_version }}',
        cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp),
        null, null, null, null
    )
{%- endmacro %}
