{# Rows of a seed, read from its file as dbt-duckdb does. dbt-spark's own macro writes an empty field as
   the text None, loses the text null and breaks on a single quote. On a cluster of several machines
   all must see the project's folder. Test: the data tests of the seeds. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set file = model.root_path ~ '/' ~ model.original_file_path -%}
    {%- set view = '_seed_' ~ model.name -%}
    {%- do run_query(
        "create or replace temporary view " ~ view ~ " using csv options (path 'file:" ~ file ~ "',"
        ~ " header 'true', multiLine 'true', escape '\"', nullValue '', emptyValue '')") -%}
    {%- set columns = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set inferred = adapter.convert_type(agate_table, loop.index0) -%}
        {%- set type = model.config.get('column_types', {}).get(name, inferred) -%}
        {%- do columns.append('cast(' ~ adapter.quote(name) ~ ' as ' ~ type ~ ')') -%}
    {%- endfor -%}
    {%- set statement -%}
        insert into {{ this.render() }} select {{ columns | join(', ') }} from {{ view }}
    {%- endset -%}
    {%- do adapter.add_query(statement) -%}
    {{ return(statement) }}
{%- endmacro %}
