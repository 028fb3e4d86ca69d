{# Bound of Newcombe's hybrid score interval of the difference of two rates, rate - other_rate, in
   [-1, 1]; null where either has no trials. low, high, other_low, other_high: their Wilson bounds,
   from wilson_bound, which set the confidence. side: `low` or `high`. Source: Newcombe (1998),
   Statistics in Medicine 17, 873-890, method 10. Test:
   assert_newcombe_bound_equals_published_values. #}
{% macro newcombe_bound(rate, low, high, other_rate, other_low, other_high, side) -%}
    {%- if side == 'low' -%}
        {{ rate }} - {{ other_rate }}
        - sqrt(power({{ rate }} - {{ low }}, 2) + power({{ other_high }} - {{ other_rate }}, 2))
    {%- elif side == 'high' -%}
        {{ rate }} - {{ other_rate }}
        + sqrt(power({{ high }} - {{ rate }}, 2) + power({{ other_rate }} - {{ other_low }}, 2))
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "newcombe_bound: side must be low or high, got " ~ side
        ) }}
    {%- endif -%}
{%- endmacro %}
