{# Counts of persons and the sums from which means, variances and covariances of y, d, x and e
   follow: columns of an aggregate. The relation has each measure as a whole number in y_steps and
   the like, decimal(19, 0), since products of narrower ones overflow, and y coarser in y_coarse for
   the skewness. Being exact, sums of parts add up to those of the whole.
   Test: tests/python/experiments. #}
{% macro exact_sums() -%}
    count(*) as person_count,
    count(*) filter (where not is_finite) as non_finite_count,
    count(*) filter (where has_pre) as with_pre_count,
    count(*) filter (where y != 0) as nonzero_count,
    {%- for measure in ['y', 'd', 'x', 'e'] %}
    sum({{ measure }}_steps) as sum_{{ measure }},
    {%- endfor %}
    {%- for one, two in measure_pairs() %}
    sum({{ one }}_steps * {{ two }}_steps) as sum_{{ one }}{{ two }},
    {%- endfor %}
    sum(y_coarse) as sum_coarse,
    sum(y_coarse * y_coarse) as sum_coarse_2,
    sum(y_coarse * y_coarse * y_coarse) as sum_coarse_3
{%- endmacro %}

{# The names of the counts among these columns. #}
{% macro exact_counts() -%}
    {{ return(['person_count', 'non_finite_count', 'with_pre_count', 'nonzero_count']) }}
{%- endmacro %}

{# The names of the sums. #}
{% macro exact_sum_columns() -%}
    {%- set columns = ['sum_y', 'sum_d', 'sum_x', 'sum_e'] -%}
    {%- for one, two in measure_pairs() -%}
        {%- do columns.append('sum_' ~ one ~ two) -%}
    {%- endfor -%}
    {{ return(columns + ['sum_coarse', 'sum_coarse_2', 'sum_coarse_3']) }}
{%- endmacro %}

{% macro measure_pairs() -%}
    {{ return([
        ('y', 'y'), ('d', 'd'), ('x', 'x'), ('e', 'e'), ('y', 'd'), ('y', 'x'), ('y', 'e'),
        ('d', 'x'), ('d', 'e'), ('x', 'e')
    ]) }}
{%- endmacro %}
