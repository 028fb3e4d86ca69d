{# From which step journeys go on to which, or stop, for each segment. Steps are read from packed
   paths: there are fewer of these than of steps. #}
with

cells as (
    select * from {{ ref('int_journey_cells') }}
),

cell_paths as (
    select * from {{ ref('int_journey_cell_paths') }}
),

codes as (
    select * from {{ ref('int_journey_step_codes') }}
),

shown as (
    select distinct journey_code, journey_name, step_code, shown_name from codes
),

ends as (
    select codes.journey_code, codes.shown_name as end_step
    from {{ ref('journeys') }} as seed
    inner join codes
        on
            seed.journey_name = codes.journey_name
            and seed.end_step = codes.step_name
),

{# Where a step stands in the two integers, and where the step after it does. #}
places as (
    {%- for step in range(1, 15) %}
    {%- set next_unit = 256 ** (step % 7) if step < 14 else 0 %}
    select
        {{ step }} as step_number,
        {{ step <= 7 }} as is_step_early,
        cast({{ 256 ** ((step - 1) % 7) }} as bigint) as step_unit,
        {{ step < 7 }} as is_next_early,
        cast({{ next_unit }} as bigint) as next_unit
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

{# A division of what is left of 56 bits when all but eight are cleared is exact. #}
visits as (
    select
        cell_paths.journey_code,
        cell_paths.cell_key,
        places.step_number,
        cell_paths.is_cut,
        cell_paths.is_converted,
        {%- for which in ['step', 'next'] %}
        coalesce(cast(
            (
                case
                    when places.is_{{ which }}_early then cell_paths.early_steps
                    else cell_paths.late_steps
                end & (255 * places.{{ which }}_unit)
            ) / nullif(cast(places.{{ which }}_unit as double), 0) as bigint
        ), 0) as {{ which }}_code,
        {%- endfor %}
        cell_paths.journey_count
    from cell_paths
    cross join places
),

{# One number for each move: journeys are added up by texts in twice the time. Beyond the 255 steps,
   256 is an exit, 257 the end that the journey is for, and 258 a path that is cut. #}
moves as (
    select
        journey_code,
        cell_key,
        (step_number * 256 + step_code) * 512 + case
            when next_code > 0 then next_code
            when is_cut then 258
            when is_converted then 257
            else 256
        end as move_key,
        sum(journey_count) as journey_count
    from visits
    where step_code > 0
    group by 1, 2, 3
),

counted as (
    select cells.group_number, moves.move_key, sum(moves.journey_count) as journey_count
    from moves
    inner join cells
        on moves.journey_code = cells.journey_code and moves.cell_key = cells.cell_key
    group by 1, 2
),

groups as (
    select distinct group_number, journey_code, segment_name, segment_value from cells
),

unpacked as (
    select
        groups.journey_code,
        groups.segment_name,
        groups.segment_value,
        cast((counted.move_key & {{ 15 * 256 * 512 }}) / {{ 256 * 512 }} as integer) as step_number,
        cast((counted.move_key & {{ 255 * 512 }}) / 512 as bigint) as step_code,
        counted.move_key & 511 as next_code,
        counted.journey_count
    from counted
    inner join groups on counted.group_number = groups.group_number
),

named as (
    select
        shown.journey_name,
        unpacked.segment_name,
        unpacked.segment_value,
        unpacked.step_number,
        shown.shown_name as from_step,
        case unpacked.next_code
            when 258 then '(more)'
            when 257 then coalesce(ends.end_step, '(exit)')
            when 256 then '(exit)'
            else following.shown_name
        end as to_step,
        sum(unpacked.journey_count) as transition_count
    from unpacked
    inner join shown
        on unpacked.journey_code = shown.journey_code and unpacked.step_code = shown.step_code
    left join shown as following
        on
            unpacked.journey_code = following.journey_code
            and unpacked.next_code = following.step_code
    left join ends on unpacked.journey_code = ends.journey_code
    group by 1, 2, 3, 4, 5, 6
),

totalled as (
    select
        *,
        sum(transition_count) over (
            partition by journey_name, segment_name, segment_value, step_number, from_step
        ) as visit_count
    from named
),

final as (
    select
        -- keys
        journey_name,
        segment_name,
        segment_value,
        step_number,
        from_step,
        to_step,
        -- measures
        cast(transition_count as bigint) as transition_count,
        cast(visit_count as bigint) as visit_count,
        transition_count / cast(visit_count as double) as visit_share
    from totalled
)

select * from final
