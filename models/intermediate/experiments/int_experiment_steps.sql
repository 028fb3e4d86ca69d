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

{{ scaled_step_ctes('counted', ['person_key', 'cell_key', 'variant']) }},

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        person_key,
        -- attributes
        cell_key,
        variant,
        -- measures
        y,
        y_steps,
        d_steps,
        x_steps,
        e_steps,
        y_coarse,
        -- flags
        is_finite,
        has_pre
    from steps
)

select * from final
