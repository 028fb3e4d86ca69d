{# Names of the used segments that are read not from the event but from the person, as of a time: channel,
   and those of rules. segments: the relation of the seed; rules: that of the seed segment_rules, for
   those too that rules only fill. Test: tests/python/statistics; unit tests override it. #}
{% macro given_segments(segments, rules=none) -%}
    {%- if not execute or load_relation(segments) is none %}{{ return([]) }}{% endif -%}
    {%- set query -%}
        select segment_name from {{ segments }}
        where
            first_segment is null
            and (
                property is null
                or property = 'channel'
                {%- if rules is not none %}
                or segment_name in (select segment_name from {{ rules }})
                {%- endif %}
            )
            and (
                is_used
                or segment_name in (
                    select first_segment from {{ segments }} where is_used
                    union all
                    select second_segment from {{ segments }} where is_used
                )
            )
        order by 1
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}
