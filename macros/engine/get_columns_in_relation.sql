{# Columns of a relation. dbt-duckdb's own macro looks in the catalog, where our sources are not: they
   are files. A unit test asks for a source's columns to type its rows, so files are described here.
   Test: each unit test of a staging model. #}
{% macro duckdb__get_columns_in_relation(relation) -%}
    {%- set place = namespace(sql=relation.render()) -%}
    {#- Only sources of this name are taken from the graph, which makes each node anew when asked. -#}
    {%- for key in graph.get('sources', {}) if key.split('.')[-1] == relation.identifier -%}
        {%- set source = graph.sources[key] -%}
        {%- if source.schema == relation.schema and source.meta.get('external_location') -%}
            {%- set place.sql = source.meta.external_location.format(
                schema=source.schema, identifier=source.identifier) -%}
        {%- endif -%}
    {%- endfor -%}
    {% call statement('get_columns_in_relation', fetch_result=True) %}
        select
            column_name,
            column_type as data_type,
            cast(null as bigint) as character_maximum_length,
            cast(null as bigint) as numeric_precision,
            cast(null as bigint) as numeric_scale
        from (describe select * from {{ place.sql }})
    {% endcall %}
    {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{%- endmacro %}
