{# Each person's capped values as whole steps from the shift; see int_experiment_scales. What is no
   finite number is left out of the sums, and counted. #}
with

counted as (
    select * from {{ ref('int_experiment_counted_values') }}
    where is_mature
),

scales as (
    select * from {{ ref('int_experiment_scales') }}
),

capped as (
    select
        counted.*,
        scales.shift_y, scales.shift_d, scales.shift_x, scales.shift_e,
        scales.unit_y, scales.unit_d, scales.unit_x, scales.unit_e,
        {{ capped('counted.y', 'scales.cap_lower', 'scales.cap_upper') }} as capped_y,
        {{ capped('counted.x', 'scales.pre_cap_lower', 'scales.pre_cap_upper') }} as capped_x
    from counted
    inner join scales
        on
            counted.experiment_name = scales.experiment_name
            and counted.metric_name = scales.metric_name
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        person_key,
        -- attributes
        variant,
        -- measures
        capped_y as y,
        case
            when is_finite then cast(round((capped_y - shift_y) / unit_y) as decimal(19, 0))
        end as y_steps,
        case when is_finite then cast(round((d - shift_d) / unit_d) as decimal(19, 0)) end
            as d_steps,
        case
            when is_finite then cast(round((capped_x - shift_x) / unit_x) as decimal(19, 0))
        end as x_steps,
        case when is_finite then cast(round((e - shift_e) / unit_e) as decimal(19, 0)) end
            as e_steps,
        case
            when is_finite
                then cast(round((capped_y - shift_y) / unit_y / 100000) as decimal(19, 0))
        end as y_coarse,
        -- flags
        is_finite,
        has_pre,
        -- times, UTC
        window_closed_at
    from capped
)

select * from final
