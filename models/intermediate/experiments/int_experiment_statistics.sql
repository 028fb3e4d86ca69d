{# Every declared variant has a row for every metric and every value of a segment, if only to say
   that nobody was there. Columns as in the spec's section 3.1. #}
with

judged as (
    select experiment_name, metric_name from {{ ref('experiment_metrics') }}
),

variants as (
    select experiment_name, variant from {{ ref('experiment_variants') }}
),

cells as (
    select * from {{ ref('int_experiment_cells') }}
),

sums as (
    select * from {{ ref('int_experiment_sums') }}
),

scales as (
    select * from {{ ref('int_experiment_scales') }}
),

quantiles as (
    select * from {{ ref('int_experiment_quantiles') }}
),

segment_values as (
    select experiment_name, segment_name, segment_value from cells
    union
    select experiment_name, 'all', 'all' from judged
),

groups as (
    select
        judged.experiment_name,
        judged.metric_name,
        variants.variant,
        segment_values.segment_name,
        segment_values.segment_value
    from judged
    inner join variants on judged.experiment_name = variants.experiment_name
    inner join segment_values on judged.experiment_name = segment_values.experiment_name
),

totals as (
    select
        sums.experiment_name,
        sums.metric_name,
        sums.variant,
        cells.segment_name,
        cells.segment_value,
        cast(sum(sums.person_count) as bigint) as person_count,
        cast(sum(sums.person_count - sums.non_finite_count) as bigint) as finite_count,
        cast(sum(sums.with_pre_count) as bigint) as with_pre_count,
        cast(sum(sums.nonzero_count) as bigint) as nonzero_count,
        {{ for_each(exact_sum_columns(), 'cast(sum(sums.{}) as decimal(38, 0)) as {}') }}
    from sums
    inner join cells
        on sums.experiment_name = cells.experiment_name and sums.cell_key = cells.cell_key
    group by 1, 2, 3, 4, 5
),

filled as (
    select
        groups.*,
        coalesce(totals.person_count, 0) as person_count,
        coalesce(totals.finite_count, 0) as finite_count,
        coalesce(totals.with_pre_count, 0) as with_pre_count,
        coalesce(totals.nonzero_count, 0) as nonzero_count,
        {{ for_each(exact_sum_columns(), 'totals.{}') }}
    from groups
    left join totals
        on
            groups.experiment_name = totals.experiment_name
            and groups.metric_name = totals.metric_name
            and groups.variant = totals.variant
            and groups.segment_name = totals.segment_name
            and groups.segment_value = totals.segment_value
),

{{ moment_ctes('filled') }},

final as (
    select
        -- keys
        moments.experiment_name,
        moments.metric_name,
        moments.variant,
        moments.segment_name,
        moments.segment_value,
        -- measures
        {{ statistics_columns('moments') }},
        quantiles.q_hat,
        quantiles.q_low,
        quantiles.q_high
    from moments
    left join quantiles
        on
            moments.experiment_name = quantiles.experiment_name
            and moments.metric_name = quantiles.metric_name
            and moments.variant = quantiles.variant
            and moments.segment_name = quantiles.segment_name
            and moments.segment_value = quantiles.segment_value
)

select * from final
