{# The sufficient statistics of moment_ctes under the names of the experiments' specification. #}
{% macro statistics_columns(relation) -%}
    {{ moment_columns(relation) }},
    {{ relation }}.skew_y,
    {{ relation }}.cap_lower,
    {{ relation }}.cap_upper
{%- endmacro %}

{# The same without what only a comparison of variants asks for. #}
{% macro moment_columns(relation) -%}
    cast({{ relation }}.person_count as double) as n,
    cast({{ relation }}.person_count - {{ relation }}.finite_count as double) as n_non_finite,
    cast({{ relation }}.with_pre_count as double) as n_with_pre,
    cast({{ relation }}.nonzero_count as double) as n_nonzero,
    {%- for measure in ['y', 'd', 'x', 'e'] %}
    {{ relation }}.shift_{{ measure }},
    {{ relation }}.m_{{ measure }},
    {%- endfor %}
    {%- for one, two in measure_pairs() %}
    {{ relation }}.c_{{ one }}{{ two }}{{ '' if loop.last else ',' }}
    {%- endfor %}
{%- endmacro %}
