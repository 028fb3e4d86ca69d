{# Two CTEs, scales and steps: the y, d, x and e of a relation as whole numbers of up to 15 digits, so
   that sums and products of them add up exactly, in any order; then exact_sums and moment_ctes. Each
   combination of `keys` in `groups` has a scale, without a shift; steps are powers of two, so whole
   numbers stay whole. Rows where is_finite is false have none. int_experiment_scales does the same
   with caps, around the mean.
   Test: the unit tests of int_baseline_statistics. #}
{% macro step_ctes(groups, relation, keys) -%}
    {%- set measures = ['y', 'd', 'x', 'e'] -%}
    scales as (
        select
            {%- for key in keys %}
            {{ groups }}.{{ key }},
            {%- endfor %}
            {%- for measure in measures %}
            cast(0 as double) as shift_{{ measure }},
            -- a hair less, since not every engine knows the logarithm of 8 to be 3
            coalesce(power(
                cast(2 as double),
                ceil(log2(nullif(max(case
                    when {{ relation }}.is_finite then abs({{ relation }}.{{ measure }})
                end), 0)) - 1e-9) - 46
            ), 1) as unit_{{ measure }}{{ '' if loop.last else ',' }}
            {%- endfor %}
        from {{ groups }}
        left join {{ relation }} on {{ same_keys(groups, relation, keys) }}
        group by {% for key in keys %}{{ loop.index }}{{ '' if loop.last else ', ' }}{% endfor %}
    ),

    steps as (
        select
            {{ relation }}.*,
            {%- for measure in measures %}
            case
                when {{ relation }}.is_finite then cast(
                    round({{ relation }}.{{ measure }} / scales.unit_{{ measure }})
                    as decimal(19, 0)
                )
            end as {{ measure }}_steps,
            {%- endfor %}
            case
                when {{ relation }}.is_finite
                    then cast(round({{ relation }}.y / scales.unit_y / 100000) as decimal(19, 0))
            end as y_coarse
        from {{ relation }}
        inner join scales on {{ same_keys(relation, 'scales', keys) }}
    )
{%- endmacro %}
