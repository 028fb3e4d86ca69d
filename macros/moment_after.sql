{# The moment that lies so many microseconds after a UTC timestamp.
   Test: the unit tests of int_experiment_counted_values. #}
{% macro moment_after(moment, microseconds) -%}
    {%- set since_epoch = microseconds_between("timestamp '1970-01-01 00:00:00'", moment) -%}
    {{ timestamp_from_microseconds(since_epoch ~ ' + ' ~ microseconds) }}
{%- endmacro %}
