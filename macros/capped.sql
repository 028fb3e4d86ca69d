{# A value, not below the lower and not above the upper bound; a null bound is none. Null stays null.
   Test: tests/python/experiments. #}
{% macro capped(value, lower, upper) -%}
    case
        when {{ value }} < {{ lower }} then {{ lower }}
        when {{ value }} > {{ upper }} then {{ upper }}
        else {{ value }}
    end
{%- endmacro %}
