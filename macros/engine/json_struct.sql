{# The named fields of a JSON object as a struct of text: `json_struct('properties', ['plan'])` then
   `.plan`. One parse for all fields. A field that is absent, or a column that is null, gives null.
   Fields must be plain identifiers. Test: assert_json_struct_reads_fields. #}
{% macro json_struct(column, fields) -%}
    {{ return(adapter.dispatch('json_struct', 'headwater')(column, fields)) }}
{%- endmacro %}

{% macro default__json_struct(column, fields) -%}
    json_transform({{ column }}, '{
        {%- for field in fields %}"{{ field }}": "VARCHAR"{{ ", " if not loop.last }}{% endfor -%}
    }')
{%- endmacro %}

{% macro spark__json_struct(column, fields) -%}
    from_json({{ column }}, '{{ fields | join(" string, ") }} string')
{%- endmacro %}
