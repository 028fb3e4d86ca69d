{# On Spark an incremental model is a table that every run builds anew; see is_incremental. #}
{% materialization incremental, adapter='spark' -%}
    {{ return(materialization_table_spark()) }}
{%- endmaterialization %}
