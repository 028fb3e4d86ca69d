{# Whether the engine builds incremental models anew in every run: Spark on plain Parquet cannot delete
   rows. dbt_project.yml materialises them accordingly. #}
{% macro rebuilds_everything() -%}
    {{ return(target.type != 'duckdb') }}
{%- endmacro %}
