{# How long a metric of an experiment counts from a person's exposure on, in microseconds: its window,
   else until the experiment ends; null without either.
   Test: the unit tests of int_experiment_amounts and int_experiment_values. #}
{% macro metric_reach(asked, units) -%}
    coalesce({{ asked }}.window_us, {{ microseconds_between(
        local_timestamp(units ~ '.exposed_at'), 'cast(' ~ asked ~ '.end_date as timestamp)'
    ) }})
{%- endmacro %}
