{# The one filter of incremental models: rows that landed on a day which this run takes in; every row
   when the model is built in full. column: the landed day. Test: tests/python/incremental. #}
{% macro is_of_this_run(column='landed_date') -%}
    {%- if is_incremental() -%} {{ landed_in_this_run(column) }} {%- else -%} true {%- endif -%}
{%- endmacro %}
