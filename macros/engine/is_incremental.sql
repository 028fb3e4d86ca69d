{# Whether a model is added to: its table stands and no full build was asked for. dbt's own macro knows
   `incremental` alone, ours `components` too. On Spark never: plain Parquet cannot delete rows, so
   every run builds anew (materialization_incremental.sql). Test: tests/python/incremental. #}
{% macro is_incremental() -%}
    {%- if not execute or rebuilds_everything() or should_full_refresh()
        or model.config.materialized not in ['incremental', 'components'] -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set relation = load_cached_relation(this) -%}
    {{ return(relation is not none and relation.type == 'table') }}
{%- endmacro %}
