{# CTEs `<name>_shared`, `<name>_ranked` and `<name>`: each row of `relation` with its part of whole
   numbers that its group splits by weight. totals: by the name of a part, the column of the number,
   which is the same in all rows of a group, may be null, and may be below 0, which gives the parts of
   its opposite with a minus. Whole parts are rounded down; what is left goes, one each, to those who
   lost most by it, to a millionth, then in order of `tie`. weight: a whole number above 0.
   Test: assert_largest_remainder_loses_nothing. #}
{% macro largest_remainder(name, relation, group, weight, tie, totals) -%}
{%- set group = 'partition by ' ~ group | join(', ') -%}
{{ name }}_shared as (
    select
        *,
        {%- for part, total in totals.items() %}
        cast(abs({{ total }}) as double) * {{ weight }}
        / cast(sum({{ weight }}) over ({{ group }}) as double) as {{ part }}_share
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
),

{{ name }}_ranked as (
    select
        *,
        {%- for part, total in totals.items() %}
        row_number() over (
            {{ group }}
            order by round({{ part }}_share - floor({{ part }}_share), 6) desc, {{ tie }}
        ) as {{ part }}_place,
        abs({{ total }}) - sum(cast(floor({{ part }}_share) as bigint)) over ({{ group }})
            as {{ part }}_left
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ name }}_shared
),

{{ name }} as (
    select
        *,
        {%- for part, total in totals.items() %}
        cast(sign({{ total }}) * (
            cast(floor({{ part }}_share) as bigint)
            + case when {{ part }}_place <= {{ part }}_left then 1 else 0 end
        ) as bigint) as {{ part }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ name }}_ranked
)
{%- endmacro %}
