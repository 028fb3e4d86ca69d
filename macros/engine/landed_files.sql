{# A query over the landing zone's own files: one row per file of a table that is kept by landed day,
   with source_name, table_name, landed_date, file_path and row_count, the last from the files'
   footers. Test: the tests of stg_headwater__landed_files. #}
{% macro landed_files() -%}
    {{ return(adapter.dispatch('landed_files', 'headwater')()) }}
{%- endmacro %}

{% macro default__landed_files() -%}
    select
        split_part(file_path, '/', -4) as source_name,
        split_part(file_path, '/', -3) as table_name,
        cast(split_part(split_part(file_path, '/', -2), '=', 2) as date) as landed_date,
        file_path,
        num_rows as row_count
    from (
        select replace(file_name, '{{ "\\" }}', '/') as file_path, num_rows
        from parquet_file_metadata(
            '{{ env_var("LANDING_ROOT", "landing") }}/*/*/landed_date=*/*.parquet'
        )
    ) as files
{%- endmacro %}

{% macro spark__landed_files() -%}
    {%- set selects = [] -%}
    {%- for source in graph.get('sources', {}).values() if source.config.meta.get('partitioned') -%}
        {%- do selects.append(
            "select '" ~ source.source_name ~ "' as source_name, '" ~ source.name ~ "' as table_name,"
            ~ " landed_date, input_file_name() as file_path, count(*) as row_count from "
            ~ source.relation_name ~ " group by 3, 4") -%}
    {%- endfor -%}
    {{ selects | join(' union all ') }}
{%- endmacro %}
