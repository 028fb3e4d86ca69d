{# A model: the segments of each cell, which are those of any unit in it. units: a relation with a row
   per `whole` (an experiment, a journey) and `unit`, with cell_key and what segments are read from.
   Values that fewer than `segment_smallest_count` units of the whole have are `other`.
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
    select {{ whole }}, segment_name, segment_value, sum(unit_count) as unit_count
    from cells_by_segment
    group by 1, 2, 3
),

final as (
    select
        -- keys
        cells.{{ whole }},
        cells.cell_key,
        cells.segment_name,
        -- attributes
        case
            when
                cells.segment_name != 'all'
                and sizes.unit_count < {{ var('segment_smallest_count') }}
                then 'other'
            else cells.segment_value
        end as segment_value
    from cells_by_segment as cells
    inner join sizes
        on
            cells.{{ whole }} = sizes.{{ whole }}
            and cells.segment_name = sizes.segment_name
            and cells.segment_value = sizes.segment_value
)

select * from final
{%- endmacro %}
