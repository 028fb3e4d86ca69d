{# An element of a JSON list as text, by a place that stands in a column, counted from 0: null where
   there is none. json_text_at takes a fixed place. Test: assert_json_text_at_place_takes_an_element. #}
{% macro json_text_at_place(column, place) -%}
    {{ return(adapter.dispatch('json_text_at_place', 'headwater')(column, place)) }}
{%- endmacro %}

{% macro default__json_text_at_place(column, place) -%}
    json_extract_string({{ column }}, '$[' || {{ place }} || ']')
{%- endmacro %}

{% macro spark__json_text_at_place(column, place) -%}
    get_json_object({{ column }}, '$[' || {{ place }} || ']')
{%- endmacro %}
