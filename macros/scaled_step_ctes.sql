{# Two CTEs, capped and steps: the y, d, x and e of people's values, capped, as whole steps from the
   shift that int_experiment_scales, imported as scales, has for their metric; for exact_sums. What is
   no finite number has no steps. `carried` are more columns of the relation.
   Test: tests/python/experiments. #}
{% macro scaled_step_ctes(relation, carried) -%}
    {%- set keys = ['experiment_name', 'metric_name'] -%}
    {%- set kept = keys + ['is_finite', 'has_pre'] + carried -%}
    capped as (
        select
            {{ relation }}.{{ kept | join(', ' ~ relation ~ '.') }},
            {{ relation }}.d,
            {{ relation }}.e,
            {{ capped(relation ~ '.y', 'scales.cap_lower', 'scales.cap_upper') }} as y,
            {{ capped(relation ~ '.x', 'scales.pre_cap_lower', 'scales.pre_cap_upper') }} as x,
            {%- for measure in ['y', 'd', 'x', 'e'] %}
            scales.shift_{{ measure }}, scales.unit_{{ measure }}{{ '' if loop.last else ',' }}
            {%- endfor %}
        from {{ relation }}
        inner join scales on {{ same_keys(relation, 'scales', keys) }}
    ),

    steps as (
        select
            {{ kept | join(', ') }},
            y,
            {%- for measure in ['y', 'd', 'x', 'e'] %}
            case
                when is_finite then cast(
                    round(({{ measure }} - shift_{{ measure }}) / unit_{{ measure }})
                    as decimal(19, 0)
                )
            end as {{ measure }}_steps,
            {%- endfor %}
            case
                when is_finite
                    then cast(round((y - shift_y) / unit_y / 100000) as decimal(19, 0))
            end as y_coarse
        from capped
    )
{%- endmacro %}
