{# Whether a text contains a match of a regular expression; null text gives null.
   Test: assert_is_bot_knows_crawlers. #}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches', 'headwater')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%} regexp_matches({{ text }}, '{{ pattern }}') {%- endmacro %}
{% macro spark__matches(text, pattern) -%} regexp_like({{ text }}, r'{{ pattern }}') {%- endmacro %}
