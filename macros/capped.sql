{# A value, not below the lower and not above the upper bound; a null bound is none. Null stays null.
   Test: the unit tests of int_experiment_scales. #}
{% macro capped(value, lower, upper) -%}
    case
        when {{ value }} < {{ lower }} then {{ lower }}
        when {{ value }} > {{ upper }} then {{ upper }}
        else {{ value }}
    end
{%- endmacro %}
