{# Names of the used segments that are not read from the event but from the person, as of a time: channel,
   and those of rules. segments: the relation of the seed. Test: tests/python/statistics. #}
{% macro given_segments(segments) -%}
    {%- if not execute or load_relation(segments) is none %}{{ return([]) }}{% endif -%}
    {{ return(run_query(
        "select segment_name from " ~ segments
        ~ " where is_used and first_segment is null and (property is null or property = 'channel')"
        ~ " order by 1"
    ).columns[0].values() | list) }}
{%- endmacro %}
