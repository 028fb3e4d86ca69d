{# A query: each row of a relation once for the segment `all` and once for every used segment, with
   segment_name and segment_value as of segment_at; a row that has no value is `(none)`. The relation has
   person_key, segment_at and the properties that the seed segments may name; the model imports
   segments and person_segments, which is int_person_segments. Test: the unit tests of
   funnel_steps_by_segment. #}
{% macro by_segment(relation) -%}
    select {{ relation }}.*, 'all' as segment_name, 'all' as segment_value
    from {{ relation }}
    union all
    select
        {{ relation }}.*,
        segments.segment_name,
        {{ _segment_value(relation, 'segments', 'given') }}
    from {{ relation }}
    cross join segments
    {{ _as_of(relation, 'segments', 'given') }}
    where segments.is_used and segments.first_segment is null
    union all
    select
        {{ relation }}.*,
        pairs.segment_name,
        {{ _segment_value(relation, 'segments', 'given') }}
        || ' / '
        || {{ _segment_value(relation, 'others', 'others_given') }}
    from {{ relation }}
    cross join segments as pairs
    inner join segments on pairs.first_segment = segments.segment_name
    inner join segments as others on pairs.second_segment = others.segment_name
    {{ _as_of(relation, 'segments', 'given') }}
    {{ _as_of(relation, 'others', 'others_given') }}
    where pairs.is_used
{%- endmacro %}

{% macro _segment_value(relation, segment, given) -%}
    coalesce(
        case {{ segment }}.property
            {%- for property in [
                'platform', 'device_type', 'country', 'user_intent', 'content_category', 'surface',
                'user_tenure'
            ] %}
            when '{{ property }}' then {{ relation }}.{{ property }}
            {%- endfor %}
        end,
        {{ given }}.segment_value,
        {{ segment }}.default_value,
        '(none)'
    )
{%- endmacro %}

{% macro _as_of(relation, segment, given) -%}
    left join person_segments as {{ given }}
        on
            {{ relation }}.person_key = {{ given }}.person_key
            and {{ segment }}.segment_name = {{ given }}.segment_name
            and {{ relation }}.segment_at >= {{ given }}.valid_from
            and ({{ given }}.valid_until is null or {{ relation }}.segment_at < {{ given }}.valid_until)
{%- endmacro %}
