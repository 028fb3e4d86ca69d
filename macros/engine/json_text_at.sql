{# The text at a path into a JSON value: `json_text_at('emails', [0, 'value'])`. A number is a place
   in a list, counted from 0. Null when the path leads nowhere.
   Test: assert_json_text_at_follows_a_path. #}
{% macro json_text_at(column, steps) -%}
    {{ return(adapter.dispatch('json_text_at', 'headwater')(column, steps)) }}
{%- endmacro %}

{% macro default__json_text_at(column, steps) -%}
    json_extract_string({{ column }}, '$
        {%- for step in steps -%}
            {{ "[" ~ step ~ "]" if step is number else '."' ~ step ~ '"' }}
        {%- endfor -%}
    ')
{%- endmacro %}

{% macro spark__json_text_at(column, steps) -%}
    get_json_object({{ column }}, "$
        {%- for step in steps -%}
            {{ "[" ~ step ~ "]" if step is number else "['" ~ step ~ "']" }}
        {%- endfor -%}
    ")
{%- endmacro %}
