{# One field of a JSON object as text, by a key that stands in a column: null when absent, and for
   an empty key. json_text takes a fixed key. Test: assert_event_property_finds_both_kinds. #}
{% macro json_text_by(column, key) -%}
    {{ return(adapter.dispatch('json_text_by', 'headwater')(column, key)) }}
{%- endmacro %}

{% macro default__json_text_by(column, key) -%}
    json_extract_string({{ column }}, '$."' || nullif({{ key }}, '') || '"')
{%- endmacro %}

{% macro spark__json_text_by(column, key) -%}
    get_json_object({{ column }}, "$['" || nullif({{ key }}, '') || "']")
{%- endmacro %}
