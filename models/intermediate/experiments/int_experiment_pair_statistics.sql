{# What int_experiment_statistics says of a segment, of the variants of an experiment that runs at
   the same time: of every goal that is a mean, a proportion or a ratio. #}
with

goals as (
    select experiment_name, metric_name from {{ ref('int_experiment_settings') }}
    where role = 'goal' and metric_type != 'quantile'
),

pairs as (
    select experiment_name, other_experiment_name, variant, other_variant
    from {{ ref('int_experiment_pairs') }}
),

steps as (
    select * from {{ ref('int_experiment_steps') }}
),

others as (
    select experiment_name, person_key, variant from {{ ref('int_experiment_units') }}
),

scales as (
    select * from {{ ref('int_experiment_scales') }}
),

cells as (
    select
        goals.experiment_name,
        goals.metric_name,
        pairs.other_experiment_name,
        pairs.variant,
        pairs.other_variant
    from goals
    inner join pairs on goals.experiment_name = pairs.experiment_name
),

sums as (
    select
        cells.experiment_name,
        cells.metric_name,
        cells.other_experiment_name,
        cells.variant,
        cells.other_variant,
        {{ exact_sums() }}
    from cells
    inner join steps
        on
            cells.experiment_name = steps.experiment_name
            and cells.metric_name = steps.metric_name
            and cells.variant = steps.variant
    inner join others
        on
            cells.other_experiment_name = others.experiment_name
            and cells.other_variant = others.variant
            and steps.person_key = others.person_key
    group by 1, 2, 3, 4, 5
),

filled as (
    select
        cells.*,
        coalesce(sums.person_count, 0) as person_count,
        coalesce(sums.person_count - sums.non_finite_count, 0) as finite_count,
        coalesce(sums.with_pre_count, 0) as with_pre_count,
        coalesce(sums.nonzero_count, 0) as nonzero_count,
        {{ for_each(exact_sum_columns(), 'sums.{}') }}
    from cells
    left join sums
        on
            cells.experiment_name = sums.experiment_name
            and cells.metric_name = sums.metric_name
            and cells.other_experiment_name = sums.other_experiment_name
            and cells.variant = sums.variant
            and cells.other_variant = sums.other_variant
),

{{ moment_ctes('filled') }},

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        other_experiment_name,
        variant,
        other_variant,
        -- measures
        {{ statistics_columns('moments') }}
    from moments
)

select * from final
