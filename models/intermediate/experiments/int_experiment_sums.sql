{# Added up once, by cells; segments are sums of these. #}
with

steps as (
    select * from {{ ref('int_experiment_steps') }}
),

units as (
    select experiment_name, person_key, cell_key from {{ ref('int_experiment_units') }}
),

final as (
    select
        -- keys
        steps.experiment_name,
        steps.metric_name,
        steps.variant,
        units.cell_key,
        -- measures
        {{ exact_sums() }}
    from steps
    inner join units
        on
            steps.experiment_name = units.experiment_name
            and steps.person_key = units.person_key
    group by 1, 2, 3, 4
)

select * from final
