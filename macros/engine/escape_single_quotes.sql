{# A text as it stands between single quotes; dbt asks for the values of unit tests. dbt-spark's own macro
   forgets that Spark takes a backslash in a literal for an escape, as JSON within JSON has many.
   Test: stg_shopify__pixel_events's unit tests. #}
{% macro spark__escape_single_quotes(expression) -%}
    {{ expression | replace("\\", "\\\\") | replace("'", "\\'") }}
{%- endmacro %}
