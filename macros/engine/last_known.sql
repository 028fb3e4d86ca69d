{# A window function: the last value of a column that is not null, up to the current row.
   window: partition and order. Test: assert_last_known_passes_over_nulls. #}
{% macro last_known(column, window) -%}
    {{ return(adapter.dispatch('last_known', 'headwater')(column, window)) }}
{%- endmacro %}

{% macro default__last_known(column, window) -%}
    last_value({{ column }} ignore nulls) over ({{ window }} rows unbounded preceding)
{%- endmacro %}

{% macro spark__last_known(column, window) -%}
    last_value({{ column }}, true) over ({{ window }} rows unbounded preceding)
{%- endmacro %}
