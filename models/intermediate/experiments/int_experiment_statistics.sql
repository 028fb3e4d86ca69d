{# Every declared variant has a row for every metric and every value of a segment, if only to say
   that nobody was there. Columns as in the spec's section 3.1. #}
{%- set keys = ['experiment_name', 'metric_name', 'variant', 'segment_name', 'segment_value'] %}
{%- set counts = exact_counts() %}
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

sizes as (
    select * from {{ ref('int_experiment_sizes') }}
),

nothing as (
    select * from {{ ref('int_experiment_nothing') }}
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
        {{ for_each(counts, 'sum(sums.{}) as {}') }},
        {{ for_each(exact_sum_columns(), 'sum(sums.{}) as {}') }}
    from sums
    inner join cells
        on sums.experiment_name = cells.experiment_name and sums.cell_key = cells.cell_key
    group by 1, 2, 3, 4, 5
),

segment_sizes as (
    select
        sizes.experiment_name,
        sizes.metric_name,
        sizes.variant,
        cells.segment_name,
        cells.segment_value,
        cast(sum(sizes.person_count) as bigint) as person_count
    from sizes
    inner join cells
        on sizes.experiment_name = cells.experiment_name and sizes.cell_key = cells.cell_key
    group by 1, 2, 3, 4, 5
),

filled as (
    select
        groups.*,
        {{ sums_of_everyone('totals', 'segment_sizes.person_count') }}
    from groups
    inner join nothing on {{ same_keys('groups', 'nothing', keys[:2]) }}
    left join segment_sizes on {{ same_keys('groups', 'segment_sizes', keys) }}
    left join totals on {{ same_keys('groups', 'totals', keys) }}
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
