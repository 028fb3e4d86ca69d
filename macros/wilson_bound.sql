{# Bound of Wilson's score interval of a rate, in [0, 1]; null without trials. successes, trials: counts;
   side: `low` or `high`. The confidence is that of the var interval_normal_quantile.
   Source: Wilson (1927), JASA 22, 209-212. Test: assert_wilson_bound_equals_published_values. #}
{% macro wilson_bound(successes, trials, side) -%}
    {%- if side not in ('low', 'high') -%}
        {{ exceptions.raise_compiler_error("wilson_bound: side must be low or high, got " ~ side) }}
    {%- endif -%}
    {%- set z = valid_var('interval_normal_quantile') -%}
    {%- set rate = '(' ~ successes ~ ' / nullif(cast(' ~ trials ~ ' as double), 0))' -%}
    case when {{ trials }} > 0 then {{ 'greatest(0, ' if side == 'low' else 'least(1, ' -}}
    (
        {{ rate }} + {{ z * z / 2 }} / {{ trials }}
        {{ '-' if side == 'low' else '+' }} {{ z }} * sqrt(
            ({{ rate }} * (1 - {{ rate }}) + {{ z * z / 4 }} / {{ trials }}) / {{ trials }}
        )
    ) / (1 + {{ z * z }} / {{ trials }})) end
{%- endmacro %}
