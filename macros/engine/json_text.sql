{# One field of a JSON object as text, by a key that may hold any character: null when absent.
   Several fields of one column are cheaper with json_struct. Test: assert_json_text_reads_a_field. #}
{% macro json_text(column, key) -%}
    {{ return(adapter.dispatch('json_text', 'headwater')(column, key)) }}
{%- endmacro %}

{% macro default__json_text(column, key) -%}
    json_extract_string({{ column }}, '$."{{ key }}"')
{%- endmacro %}

{% macro spark__json_text(column, key) -%}
    get_json_object({{ column }}, "$['{{ key }}']")
{%- endmacro %}
