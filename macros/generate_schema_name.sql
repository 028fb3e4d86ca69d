{# Plain schema names (`marts`, not `main_marts`): BI tools and analysts type them. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
