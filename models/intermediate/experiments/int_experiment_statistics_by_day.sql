{# What was known at the end of each day: the persons whose window had closed by then, taken
   together. Caps and shift are those of today. #}
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

{# A variant whose persons' windows closed on other days stands still on this one. #}
groups as (
    select days.*, variants.variant
    from days
    inner join variants on days.experiment_name = variants.experiment_name
),

joined as (
    select
        groups.*,
        {%- for column in ['person_count', 'non_finite_count', 'with_pre_count', 'nonzero_count']
            + exact_sum_columns() %}
        coalesce(sums.{{ column }}, 0) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
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
        {%- for column in ['person_count', 'non_finite_count', 'with_pre_count', 'nonzero_count'] %}
        cast(sum({{ column }}) over (
            partition by experiment_name, metric_name, variant order by analysis_date
        ) as bigint) as {{ column }},
        {%- endfor %}
        {%- for column in exact_sum_columns() %}
        cast(sum({{ column }}) over (
            partition by experiment_name, metric_name, variant order by analysis_date
        ) as decimal(38, 0)) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from joined
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
