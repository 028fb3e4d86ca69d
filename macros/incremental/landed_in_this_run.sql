{# A predicate: the row landed on a day that this run takes in. The days are written out, so that
   engines read those files and row groups only. column: the landed day.
   Test: tests/python/incremental. #}
{% macro landed_in_this_run(column) -%}
    {%- set days = landed_days_of_this_run() -%}
    {%- if days -%}
        {{ column }} in (date '{{ days | join("', date '") }}')
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
