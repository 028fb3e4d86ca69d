{# Two queries, one after the other. with_given_segments adds to each row what a person was given as of
   segment_at, in a column per name of given, which is what given_segments finds; the relation has
   person_key and segment_at, and person_segments is int_person_segments.
   by_segment then has each row once for `all` and once for every used segment, with segment_name and
   segment_value; a row that has no value is `(none)`. The relation has the columns of
   segment_columns; the model imports segments by segment_readings.
   Test: the unit tests of funnel_steps_by_segment. #}
{% macro with_given_segments(relation, person_segments, given) -%}
    select
        {%- for name in given %}
        given_{{ name }}.segment_value as given_{{ name }},
        {%- endfor %}
        {{ relation }}.*
    from {{ relation }}
    {%- for name in given %}
    left join {{ person_segments }} as given_{{ name }}
        on
            {{ relation }}.person_key = given_{{ name }}.person_key
            and given_{{ name }}.segment_name = '{{ name }}'
            and {{ relation }}.segment_at >= given_{{ name }}.valid_from
            and (
                given_{{ name }}.valid_until is null
                or {{ relation }}.segment_at < given_{{ name }}.valid_until
            )
    {%- endfor %}
{%- endmacro %}

{% macro by_segment(relation, given) -%}
    select
        {{ relation }}.*,
        segments.segment_name,
        case
            when segments.segment_name = 'all' then 'all'
            when segments.second_segment is null then {{ _segment_value(relation, 'first', given) }}
            else
                {{ _segment_value(relation, 'first', given) }}
                || ' / '
                || {{ _segment_value(relation, 'second', given) }}
        end as segment_value
    from {{ relation }}
    cross join segments
{%- endmacro %}

{# The columns that a segment may be read from: those of an event and those with_given_segments adds. #}
{% macro segment_columns(given) -%}
    {%- set columns = segment_properties() -%}
    {%- for name in given -%}{%- do columns.append('given_' ~ name) -%}{%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{# A query: the used segments and `all`, each with the one or two segments that it is read from. #}
{% macro segment_readings(segments) -%}
    select
        'all' as segment_name,
        cast(null as string) as first_segment,
        cast(null as string) as first_property,
        cast(null as string) as first_default,
        cast(null as string) as second_segment,
        cast(null as string) as second_property,
        cast(null as string) as second_default
    union all
    select
        segments.segment_name,
        first_ones.segment_name,
        first_ones.property,
        first_ones.default_value,
        second_ones.segment_name,
        second_ones.property,
        second_ones.default_value
    from {{ segments }} as segments
    inner join {{ segments }} as first_ones
        on coalesce(segments.first_segment, segments.segment_name) = first_ones.segment_name
    left join {{ segments }} as second_ones on segments.second_segment = second_ones.segment_name
    where segments.is_used
{%- endmacro %}

{% macro _segment_value(relation, which, given) -%}
    coalesce(
        case segments.{{ which }}_property
            {%- for property in segment_properties() %}
            when '{{ property }}' then {{ relation }}.{{ property }}
            {%- endfor %}
        end,
        {%- if given %}
        case segments.{{ which }}_segment
            {%- for name in given %}
            when '{{ name }}' then {{ relation }}.given_{{ name }}
            {%- endfor %}
        end,
        {%- endif %}
        segments.{{ which }}_default,
        '(none)'
    )
{%- endmacro %}
