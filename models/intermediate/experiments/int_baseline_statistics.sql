{# Every metric has a row for every run, if only to say that nobody was there. Who did nothing adds
   nothing to a sum, and counts. #}
{%- set keys = ['run_days', 'metric_name'] %}
with

runs as (
    select run_days from {{ ref('int_baseline_runs') }}
),

metrics as (
    select metric_name, kind from {{ ref('metrics') }}
),

persons as (
    select run_days, count(*) as person_count
    from {{ ref('int_baseline_persons') }}
    group by 1
),

groups as (
    select
        runs.run_days,
        metrics.metric_name,
        metrics.kind,
        coalesce(persons.person_count, 0) as person_count
    from runs
    cross join metrics
    left join persons on runs.run_days = persons.run_days
),

person_values as (
    select * from {{ ref('int_baseline_values') }}
),

{{ step_ctes('groups', 'person_values', keys) }},

sums as (
    select run_days, metric_name, {{ exact_sums() }}
    from steps
    group by 1, 2
),

filled as (
    select
        groups.*,
        groups.person_count - coalesce(sums.non_finite_count, 0) as finite_count,
        coalesce(sums.with_pre_count, 0) as with_pre_count,
        coalesce(sums.nonzero_count, 0) as nonzero_count,
        {{ for_each(
            exact_sum_columns(), 'cast(coalesce(sums.{}, 0) as decimal(38, 0)) as {}'
        ) }}
    from groups
    left join sums on {{ same_keys('groups', 'sums', keys) }}
),

{{ moment_ctes('filled', keys, carried=[]) }},

final as (
    select
        -- keys
        run_days,
        metric_name,
        -- attributes
        kind as metric_type,
        -- measures
        {{ moment_columns('moments') }}
    from moments
)

select * from final
