{# A query: each row of a relation once for the segment `all` and once for every used segment, with
   segment_name and segment_value; a row that has no value is `(none)`. The relation has the
   properties that the seed segments may name; the model imports segments.
   Test: the unit tests of funnel_steps. #}
{% macro by_segment(relation) -%}
    select {{ relation }}.*, 'all' as segment_name, 'all' as segment_value
    from {{ relation }}
    union all
    select
        {{ relation }}.*,
        segments.segment_name,
        coalesce(
            case segments.property
                {%- for property in [
                    'platform', 'device_type', 'country', 'user_intent', 'content_category', 'surface',
                    'user_tenure'
                ] %}
                when '{{ property }}' then {{ relation }}.{{ property }}
                {%- endfor %}
            end,
            '(none)'
        )
    from {{ relation }}
    cross join segments
    where segments.is_used
{%- endmacro %}
