{# The moment that lies so many microseconds after the beginning of 1970, UTC.
   Test: assert_microseconds_lead_back_to_the_moment. #}
{% macro timestamp_from_microseconds(microseconds) -%}
    {{ return(adapter.dispatch('timestamp_from_microseconds', 'headwater')(microseconds)) }}
{%- endmacro %}

{% macro default__timestamp_from_microseconds(microseconds) -%} make_timestamp({{ microseconds }}) {%- endmacro %}
{% macro spark__timestamp_from_microseconds(microseconds) -%} timestamp_micros({{ microseconds }}) {%- endmacro %}
