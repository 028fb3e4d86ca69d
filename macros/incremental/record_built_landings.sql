{# on-run-end: remember the landed days of this run, if it built every incremental model. They are the
   days that int_landings saw at its start, so files that arrived meanwhile are read by the next run.
   The overrides of this run are noted, so that the next one sees it when one is taken back.
   Test: tests/python/incremental. #}
{% macro record_built_landings(results) -%}
    {%- if rebuilds_everything() or not execute %}{{ return('') }}{% endif -%}
    {%- set built = results | selectattr('status', 'equalto', 'success')
        | map(attribute='node') | map(attribute='unique_id') | list -%}
    {%- for node in graph.nodes.values() -%}
        {%- if node.config.materialized in ['incremental', 'components']
            and node.unique_id not in built %}{{ return('') }}{% endif -%}
    {%- endfor -%}
    begin;
    create or replace table {{ built_landings() }} as
    select source_name, table_name, landed_date, file_count, row_count
    from {{ relation_of('int_landings') }};
    delete from {{ changed_keys() }};
    insert into {{ changed_keys() }}
    select distinct 'int_identity_overrides', identifier_key
    from {{ relation_of('int_identity_overrides') }};
    commit
{%- endmacro %}
