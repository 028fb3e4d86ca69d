{# The segments of a cell are those of any person in it. Values of a segment with few persons are
   `other`, as in other marts. #}
{%- set given = given_segments(ref('segments'), ref('segment_rules')) %}
with

segments as (
    {{ segment_readings(ref('segments')) }}
),

units as (
    select * from {{ ref('int_experiment_units') }}
),

cells as (
    select experiment_name, cell_key, min(person_key) as person_key, count(*) as person_count
    from units
    group by 1, 2
),

representatives as (
    select units.*, cells.person_count
    from cells
    inner join units
        on
            cells.experiment_name = units.experiment_name
            and cells.person_key = units.person_key
),

described as (
    {{ with_given_segments('representatives', ref('int_person_segments'), given) }}
),

cells_by_segment as (
    {{ by_segment('described', given) }}
),

sizes as (
    select
        experiment_name,
        segment_name,
        segment_value,
        sum(person_count) as person_count
    from cells_by_segment
    group by 1, 2, 3
),

final as (
    select
        -- keys
        cells.experiment_name,
        cells.cell_key,
        cells.segment_name,
        -- attributes
        case
            when
                cells.segment_name != 'all'
                and sizes.person_count < {{ var('segment_smallest_count') }}
                then 'other'
            else cells.segment_value
        end as segment_value
    from cells_by_segment as cells
    inner join sizes
        on
            cells.experiment_name = sizes.experiment_name
            and cells.segment_name = sizes.segment_name
            and cells.segment_value = sizes.segment_value
)

select * from final
