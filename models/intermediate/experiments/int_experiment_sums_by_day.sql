{# What each day adds to the sums: persons who become known on it, and for those who were known with
   another value the new value less the old. So all days until one add up to what was known on it. #}
{%- set counts = exact_counts() %}
{%- set columns = counts + exact_sum_columns() %}
{%- set keys = ['experiment_name', 'metric_name'] %}
{%- set known_date = local_date(window_closed_at('awaited', 'units.exposed_at')) %}
with

judged as (
    select
        judged.experiment_name, judged.metric_name, judged.window_days, judged.needs_full_window
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
    where metrics.kind != 'quantile'
),

units as (
    select experiment_name, variant, exposed_at, exposed_date
    from {{ ref('int_experiment_persons') }}
    where not is_excluded
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

values_by_day as (
    select * from {{ ref('int_experiment_values_by_day') }}
),

scales as (
    select * from {{ ref('int_experiment_scales') }}
),

nothing as (
    select * from {{ ref('int_experiment_nothing') }}
),

{{ experiment_size_ctes('units', {
    'variant': 'units.variant',
    'analysis_date':
        'case when awaited.needs_full_window then ' ~ known_date ~ ' else units.exposed_date end',
}) }},

{{ scaled_step_ctes('values_by_day', ['variant', 'known_date', 'replaced_date']) }},

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
    select
        experiment_name, metric_name, variant, analysis_date, 0 as size, {{ columns | join(', ') }}
    from known
    union all
    select
        experiment_name, metric_name, variant, analysis_date, 0,
        {{ for_each(columns, '-{}') }}
    from replaced
    union all
    select
        experiment_name, metric_name, variant, analysis_date, person_count,
        {{ for_each(columns, '0') }}
    from sizes
),

by_day as (
    select
        experiment_name,
        metric_name,
        variant,
        analysis_date,
        cast(sum(size) as bigint) as size,
        {{ for_each(counts, 'cast(sum({}) as bigint) as {}') }},
        {{ for_each(exact_sum_columns(), 'cast(sum({}) as decimal(38, 0)) as {}') }}
    from changes
    group by 1, 2, 3, 4
),

filled as (
    select
        {{ for_each(keys + ['variant', 'analysis_date'], 'by_day.{}') }},
        {{ sums_of_everyone('by_day', 'by_day.size') }}
    from by_day
    inner join nothing on {{ same_keys('by_day', 'nothing', keys) }}
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        variant,
        analysis_date,
        -- measures
        {{ columns | join(', ') }}
    from filled
)

select * from final
