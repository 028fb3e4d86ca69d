{# on-run-start: the memory of incremental runs, where it does not exist yet. Engines that rebuild
   everything need none. Test: tests/python/incremental. #}
{% macro create_built_landings() -%}
    {%- if rebuilds_everything() %}{{ return('') }}{% endif -%}
    create schema if not exists {{ built_landings().schema }};
    create table if not exists {{ built_landings() }} (
        source_name varchar,
        table_name varchar,
        landed_date date,
        file_count bigint,
        row_count bigint
    );
    create table if not exists {{ changed_keys() }} (model_name varchar, changed_key varchar)
{%- endmacro %}
