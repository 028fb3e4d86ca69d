{# The paths that most journeys take, for each segment; all further paths are one row, so that the
   paths of a segment's value add up to its journeys. #}
with

cells as (
    select * from {{ ref('int_journey_cells') }}
),

cell_paths as (
    select * from {{ ref('int_journey_cell_paths') }}
),

journey_names as (
    select distinct journey_code, journey_name from {{ ref('int_journey_step_codes') }}
),

paths as (
    select * from {{ ref('int_journey_paths') }}
    where path_rank <= {{ var('journey_top_paths') }}
),

counted as (
    select
        cell_paths.journey_code,
        cell_paths.cell_key,
        paths.path_rank,
        paths.path,
        paths.is_cut,
        sum(cell_paths.journey_count) as journey_count,
        sum(case when cell_paths.is_converted then cell_paths.journey_count else 0 end)
            as converted_count
    from cell_paths
    left join paths
        on
            cell_paths.journey_code = paths.journey_code
            and cell_paths.early_steps = paths.early_steps
            and cell_paths.late_steps = paths.late_steps
            and cell_paths.is_cut = paths.is_cut
    group by 1, 2, 3, 4, 5
),

added_up as (
    select
        counted.journey_code,
        cells.segment_name,
        cells.segment_value,
        counted.path_rank,
        counted.path,
        counted.is_cut,
        sum(counted.journey_count) as journey_count,
        sum(counted.converted_count) as converted_count
    from counted
    inner join cells
        on counted.journey_code = cells.journey_code and counted.cell_key = cells.cell_key
    group by 1, 2, 3, 4, 5, 6
),

totalled as (
    select
        *,
        sum(journey_count) over (
            partition by journey_code, segment_name, segment_value
        ) as segment_count
    from added_up
),

final as (
    select
        -- keys
        journey_names.journey_name,
        totalled.segment_name,
        totalled.segment_value,
        totalled.path_rank,
        -- attributes
        coalesce(totalled.path, '(all other paths)') as path,
        -- measures
        cast(totalled.journey_count as bigint) as journey_count,
        totalled.journey_count / cast(totalled.segment_count as double) as journey_share,
        cast(totalled.converted_count as bigint) as converted_count,
        totalled.converted_count / cast(totalled.journey_count as double) as conversion_rate,
        {{ wilson_bound('totalled.converted_count', 'totalled.journey_count', 'low') }}
            as conversion_rate_low,
        {{ wilson_bound('totalled.converted_count', 'totalled.journey_count', 'high') }}
            as conversion_rate_high,
        -- flags
        totalled.is_cut
    from totalled
    inner join journey_names on totalled.journey_code = journey_names.journey_code
)

select * from final
