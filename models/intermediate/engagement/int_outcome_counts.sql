{# What people were when they entered a funnel for the first time, and whether they got through: as counts,
   since a search for segments needs no more. A fifth of the people, by their key, is held out. #}
{%- set properties = [
    'platform', 'device_type', 'country', 'user_intent', 'content_category', 'surface', 'user_tenure'
] %}
{%- set given = given_segments(ref('segments')) %}
with

entries as (
    select * from {{ ref('funnel_entries') }}
    where is_counted and is_mature
),

person_segments as (
    select * from {{ ref('int_person_segments') }}
),

ranked as (
    select
        *,
        cast(person_id as bigint) as person_key,
        row_number() over (
            partition by funnel_name, person_id order by entered_at, entry_event_id
        ) as entry_number
    from entries
),

outcomes as (
    select * from ranked
    where entry_number = 1
),

final as (
    select
        'funnel ' || outcomes.funnel_name as outcome_name,
        {%- for property in properties %}
        outcomes.{{ property }},
        {%- endfor %}
        {%- for name in given %}
        {{ name }}.segment_value as {{ name }},
        {%- endfor %}
        outcomes.person_key % 5 = 0 as is_held_out,
        count(*) as unit_count,
        count(*) filter (where outcomes.is_converted) as success_count
    from outcomes
    {%- for name in given %}
    left join person_segments as {{ name }}
        on
            outcomes.person_key = {{ name }}.person_key
            and {{ name }}.segment_name = '{{ name }}'
            and outcomes.entered_at >= {{ name }}.valid_from
            and ({{ name }}.valid_until is null or outcomes.entered_at < {{ name }}.valid_until)
    {%- endfor %}
    group by {% for number in range(1, 10 + given | length) %}{{ number }}{{ ', ' if not loop.last }}{% endfor %}
)

select * from final
