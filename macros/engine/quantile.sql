{# Exact quantile, an aggregate with linear interpolation; nulls are ignored, no rows give null.
   column: a numeric expression; share: a number in [0, 1]. Test: assert_quantile_interpolates. #}
{% macro quantile(column, share) -%}
    {%- if not 0 <= share <= 1 -%}
        {{ exceptions.raise_compiler_error("quantile: share must be in [0, 1], got " ~ share) }}
    {%- endif -%}
    {{ return(adapter.dispatch('quantile', 'headwater')(column, share)) }}
{%- endmacro %}

{% macro default__quantile(column, share) -%} quantile_cont({{ column }}, {{ share }}) {%- endmacro %}
{% macro spark__quantile(column, share) -%} percentile({{ column }}, {{ share }}) {%- endmacro %}
