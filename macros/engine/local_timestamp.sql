{# A UTC timestamp as wall-clock time in `reporting_timezone`. UTC itself costs nothing.
   Test: assert_local_date_follows_the_zone. #}
{% macro local_timestamp(utc, zone=var('reporting_timezone')) -%}
    {%- if zone == 'UTC' -%} {{ return(utc) }} {%- endif -%}
    {{ return(adapter.dispatch('local_timestamp', 'headwater')(utc, zone)) }}
{%- endmacro %}

{% macro default__local_timestamp(utc, zone) -%}
    timezone('{{ zone }}', timezone('UTC', {{ utc }}))
{%- endmacro %}

{% macro spark__local_timestamp(utc, zone) -%}
    from_utc_timestamp({{ utc }}, '{{ zone }}')
{%- endmacro %}
