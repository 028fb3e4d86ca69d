{# What was known at the end of each day: all that the days until then added. Caps, shift and who is
   excluded are those of today. #}
{%- set counts = exact_counts() %}
with

sums as (
    select * from {{ ref('int_experiment_sums_by_day') }}
),

scales as (
    select * from {{ ref('int_experiment_scales') }}
),

variants as (
    select experiment_name, variant from {{ ref('experiment_variants') }}
),

days as (
    select distinct experiment_name, metric_name, analysis_date from sums
),

{# A variant of which nothing became known on a day stands still on it. #}
groups as (
    select days.*, variants.variant
    from days
    inner join variants on days.experiment_name = variants.experiment_name
),

joined as (
    select
        groups.*,
        {{ for_each(counts + exact_sum_columns(), 'coalesce(sums.{}, 0) as {}') }}
    from groups
    left join sums
        on
            groups.experiment_name = sums.experiment_name
            and groups.metric_name = sums.metric_name
            and groups.variant = sums.variant
            and groups.analysis_date = sums.analysis_date
),

running as (
    select
        experiment_name,
        metric_name,
        variant,
        analysis_date,
        {{ for_each(counts, 'cast(sum({}) over until_then as bigint) as {}') }},
        {{ for_each(
            exact_sum_columns(), 'cast(sum({}) over until_then as decimal(38, 0)) as {}'
        ) }}
    from joined
    window until_then as (
        partition by experiment_name, metric_name, variant order by analysis_date
    )
),

known as (
    select *, person_count - non_finite_count as finite_count
    from running
),

{{ moment_ctes('known') }},

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        variant,
        analysis_date,
        -- measures
        {{ statistics_columns('moments') }}
    from moments
)

select * from final
