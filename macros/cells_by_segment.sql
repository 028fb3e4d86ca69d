{# A model: the segments of each cell, which are those of any unit in it. units: a relation with a row
   per `whole` (an experiment, a journey) and `unit`, with cell_key and what segments are read from.
   Values that fewer than `segment_smallest_count` units of the whole have are `other`. A group_number
   stands for the whole, the segment and its value where much is counted: texts take twice the time.
   Test: the unit test of int_journey_cells. #}
{% macro cells_by_segment(units, whole, unit) -%}
{%- set given = given_segments(ref('segments'), ref('segment_rules')) -%}
with

segments as (
    {{ segment_readings(ref('segments')) }}
),

units as (
    select * from {{ units }}
),

cells as (
    select {{ whole }}, cell_key, min({{ unit }}) as {{ unit }}, count(*) as unit_count
    from units
    group by 1, 2
),

representatives as (
    select units.*, cells.unit_count
    from cells
    inner join units on cells.{{ whole }} = units.{{ whole }} and cells.{{ unit }} = units.{{ unit }}
),

described as (
    {{ with_given_segments('representatives', ref('int_person_segments'), given) }}
),

cells_by_segment as (
    {{ by_segment('described', given) }}
),

sizes as (
    select
        {{ whole }},
        segment_name,
        segment_value,
        case
            when
                segment_name != 'all' and sum(unit_count) < {{ var('segment_smallest_count') }}
                then 'other'
            else segment_value
        end as shown_value
    from cells_by_segment
    group by 1, 2, 3
),

numbered as (
    select
        *,
        dense_rank() over (order by {{ whole }}, segment_name, shown_value) as group_number
    from sizes
),

final as (
    select
        -- keys
        cells.{{ whole }},
        cells.cell_key,
        cells.segment_name,
        cast(numbered.group_number as bigint) as group_number,
        -- attributes
        numbered.shown_value as segment_value
    from cells_by_segment as cells
    inner join numbered
        on
            cells.{{ whole }} = numbered.{{ whole }}
            and cells.segment_name = numbered.segment_name
            and cells.segment_value = numbered.segment_value
)

select * from final
{%- endmacro %}
