{# When a metric's window closes for who was exposed at a time, UTC; null without a window.
   Test: the unit tests of int_experiment_counted_values. #}
{% macro window_closed_at(judged, exposed_at) -%}
    {{ moment_after(exposed_at, judged ~ '.window_days * cast(86400000000 as bigint)') }}
{%- endmacro %}

{# A condition: a person counts for a metric by the last moment of data, since the window has closed
   or the metric does not wait for that. #}
{% macro is_mature(judged, exposed_at, last_moment) -%}
    (
        not {{ judged }}.needs_full_window
        or {{ window_closed_at(judged, exposed_at) }} <= {{ last_moment }}
    )
{%- endmacro %}
