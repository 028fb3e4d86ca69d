{# Columns: counts and exact_sums of everyone in a group, for moment_ctes, from those of who did
   something. Each of the others adds what int_experiment_nothing, imported as nothing, has. doers: a
   relation with these columns, null where nobody did anything; size: how many persons there are,
   null for nobody. Test: tests/python/experiments. #}
{% macro sums_of_everyone(doers, size) -%}
    {%- set idle -%}
        cast(coalesce({{ size }}, 0) - coalesce({{ doers }}.person_count, 0) as decimal(19, 0))
    {%- endset -%}
    coalesce({{ size }}, 0) as person_count,
    coalesce({{ size }}, 0) - coalesce({{ doers }}.non_finite_count, 0) as finite_count,
    coalesce({{ doers }}.non_finite_count, 0) as non_finite_count,
    coalesce({{ doers }}.with_pre_count, 0) as with_pre_count,
    cast(coalesce({{ doers }}.nonzero_count, 0) + {{ idle }} * nothing.nonzero_count as bigint)
        as nonzero_count,
    {%- for column in exact_sum_columns() %}
    cast(coalesce({{ doers }}.{{ column }}, 0) + {{ idle }} * nothing.{{ column }}
        as decimal(38, 0)) as {{ column }}{{ '' if loop.last else ',' }}
    {%- endfor %}
{%- endmacro %}
