{# Journeys counted by what segments and paths are read from: far fewer rows than journeys. #}
with

units as (
    select journey_code, journey_id, cell_key from {{ ref('int_journey_units') }}
),

journeys as (
    select * from {{ ref('int_journeys') }}
    where is_mature
),

final as (
    select
        -- keys
        journeys.journey_code,
        units.cell_key,
        journeys.early_steps,
        journeys.late_steps,
        journeys.is_cut,
        journeys.is_converted,
        -- measures
        count(*) as journey_count
    from journeys
    inner join units
        on
            journeys.journey_code = units.journey_code
            and journeys.journey_id = units.journey_id
    group by 1, 2, 3, 4, 5, 6
)

select * from final
