{# What each day adds to the sums: persons who become known on it, and for those who were known with
   another value the new value less the old. So all days until one add up to what was known on it. #}
{%- set counts = ['person_count', 'non_finite_count', 'with_pre_count', 'nonzero_count'] %}
{%- set columns = counts + exact_sum_columns() %}
with

counted as (
    select * from {{ ref('int_experiment_values_by_day') }}
),

scales as (
    select * from {{ ref('int_experiment_scales') }}
),

{{ scaled_step_ctes('counted', ['known_date', 'replaced_date']) }},

known as (
    select experiment_name, metric_name, variant, known_date as analysis_date, {{ exact_sums() }}
    from steps
    group by 1, 2, 3, 4
),

replaced as (
    select experiment_name, metric_name, variant, replaced_date as analysis_date, {{ exact_sums() }}
    from steps
    where replaced_date is not null
    group by 1, 2, 3, 4
),

changes as (
    select experiment_name, metric_name, variant, analysis_date, {{ columns | join(', ') }}
    from known
    union all
    select
        experiment_name, metric_name, variant, analysis_date,
        {{ for_each(columns, '-{}') }}
    from replaced
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        variant,
        analysis_date,
        -- measures
        {{ for_each(counts, 'cast(sum({}) as bigint) as {}') }},
        {{ for_each(exact_sum_columns(), 'cast(sum({}) as decimal(38, 0)) as {}') }}
    from changes
    group by 1, 2, 3, 4
)

select * from final
