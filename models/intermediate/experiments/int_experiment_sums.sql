{# Of persons who did something, added up once, by cells; segments are sums of these. #}
with

steps as (
    select * from {{ ref('int_experiment_steps') }}
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        variant,
        cell_key,
        -- measures
        {{ exact_sums() }}
    from steps
    group by 1, 2, 3, 4
)

select * from final
