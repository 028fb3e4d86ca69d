{# Two CTEs, based and moments: means and covariances of groups of exact sums. The relation has the
   sums of exact_sums and finite_count; scales, which the model imports or has by step_ctes, has the
   shift and unit of each combination of `keys`, and the columns `carried` along. Sums are first
   taken from a whole number near the mean, exactly, so that no digits are lost; a group that is
   constant has variance 0 and nothing near it. Test: tests/python/experiments. #}
{% macro moment_ctes(
    relation, keys=['experiment_name', 'metric_name'], carried=['cap_lower', 'cap_upper']
) -%}
    based as (
        select
            {{ relation }}.*,
            cast({{ relation }}.finite_count as decimal(38, 0)) as whole_count,
            {%- for measure in ['y', 'd', 'x', 'e'] %}
            cast(floor(
                cast({{ relation }}.sum_{{ measure }} as double)
                / nullif({{ relation }}.finite_count, 0)
            ) as decimal(38, 0)) as base_{{ measure }},
            scales.shift_{{ measure }},
            scales.unit_{{ measure }}{{ '' if loop.last and not carried else ',' }}
            {%- endfor %}
            {%- for column in carried %}
            scales.{{ column }}{{ '' if loop.last else ',' }}
            {%- endfor %}
        from {{ relation }}
        inner join scales on {{ same_keys(relation, 'scales', keys) }}
    ),

    moments as (
        select
            based.*,
            {%- for measure in ['y', 'd', 'x', 'e'] %}
            (
                cast(base_{{ measure }} as double)
                + cast(sum_{{ measure }} - whole_count * base_{{ measure }} as double)
                / nullif(finite_count, 0)
            ) * unit_{{ measure }} as m_{{ measure }},
            {%- endfor %}
            {%- for one, two in measure_pairs() %}
            {{ _covariance(one, two) }} as c_{{ one }}{{ two }},
            {%- endfor %}
            {{ _skewness() }} as skew_y
        from based
    )
{%- endmacro %}

{% macro _covariance(one, two) -%}
    case
        when finite_count > 1 then (
            cast(
                sum_{{ one }}{{ two }}
                - base_{{ one }} * sum_{{ two }} - base_{{ two }} * sum_{{ one }}
                + whole_count * base_{{ one }} * base_{{ two }} as double
            )
            - cast(sum_{{ one }} - whole_count * base_{{ one }} as double)
            * cast(sum_{{ two }} - whole_count * base_{{ two }} as double) / finite_count
        ) / (finite_count - 1) * unit_{{ one }} * unit_{{ two }}
    end
{%- endmacro %}

{% macro _skewness() -%}
    {%- set first = '(cast(sum_coarse as double) / nullif(finite_count, 0))' -%}
    {%- set second = '(cast(sum_coarse_2 as double) / nullif(finite_count, 0))' -%}
    {%- set third = '(cast(sum_coarse_3 as double) / nullif(finite_count, 0))' -%}
    {%- set spread = '(' ~ second ~ ' - ' ~ first ~ ' * ' ~ first ~ ')' -%}
    case
        when finite_count > 2 and {{ spread }} > 1e-12 * {{ second }} then (
            {{ third }} - 3 * {{ first }} * {{ second }}
            + 2 * {{ first }} * {{ first }} * {{ first }}
        ) / power({{ spread }}, 1.5)
        * sqrt(finite_count * (finite_count - 1.0)) / (finite_count - 2)
    end
{%- endmacro %}
