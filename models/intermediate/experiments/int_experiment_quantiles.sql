{# Quantiles over people, and those a normal interval of ranks below and above, from which their
   variance follows (the spec's section 4). #}
with

shares as (
    select judged.experiment_name, metrics.metric_name, metrics.quantile as share
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
    where metrics.kind = 'quantile'
),

steps as (
    select experiment_name, metric_name, person_key, variant, y
    from {{ ref('int_experiment_steps') }}
    where is_finite
),

units as (
    select experiment_name, person_key, cell_key from {{ ref('int_experiment_units') }}
),

cells as (
    select * from {{ ref('int_experiment_cells') }}
),

placed as (
    select
        steps.experiment_name,
        steps.metric_name,
        steps.variant,
        cells.segment_name,
        cells.segment_value,
        steps.y,
        shares.share,
        row_number() over (
            partition by
                steps.experiment_name, steps.metric_name, steps.variant, cells.segment_name,
                cells.segment_value
            order by steps.y
        ) as place,
        count(*) over (
            partition by
                steps.experiment_name, steps.metric_name, steps.variant, cells.segment_name,
                cells.segment_value
        ) as person_count
    from steps
    inner join shares
        on
            steps.experiment_name = shares.experiment_name
            and steps.metric_name = shares.metric_name
    inner join units
        on
            steps.experiment_name = units.experiment_name
            and steps.person_key = units.person_key
    inner join cells
        on units.experiment_name = cells.experiment_name and units.cell_key = cells.cell_key
),

widened as (
    select
        *,
        1.959963984540054 * sqrt(share * (1 - share) / person_count) as half_width
    from placed
),

sought as (
    select
        *,
        1 + (person_count - 1) * share as middle_place,
        1 + (person_count - 1) * greatest(share - half_width, 0) as low_place,
        1 + (person_count - 1) * least(share + half_width, 1) as high_place
    from widened
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        variant,
        segment_name,
        segment_value,
        -- measures
        {{ value_at_place('y', 'place', 'middle_place') }} as q_hat,
        {{ value_at_place('y', 'place', 'low_place') }} as q_low,
        {{ value_at_place('y', 'place', 'high_place') }} as q_high
    from sought
    group by 1, 2, 3, 4, 5
)

select * from final
