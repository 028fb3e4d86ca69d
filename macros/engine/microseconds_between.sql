{# Whole microseconds from one timestamp to another, negative if it lies before. dbt's datediff counts
   boundaries crossed, not time passed. Test: assert_microseconds_between_counts_time. #}
{% macro microseconds_between(first, last) -%}
    {{ return(adapter.dispatch('microseconds_between', 'headwater')(first, last)) }}
{%- endmacro %}

{% macro default__microseconds_between(first, last) -%}
    (epoch_us({{ last }}) - epoch_us({{ first }}))
{%- endmacro %}

{% macro spark__microseconds_between(first, last) -%}
    (unix_micros({{ last }}) - unix_micros({{ first }}))
{%- endmacro %}
