{# Persons before and after their first exposure, in equal times: who counts has both in the data.
   The time before stands in x and e. Caps are those of the results, of both times alike. Longer than
   a screen: who counts, and the statistics. #}
{%- set keys = ['experiment_name', 'metric_name'] %}
{%- set reach_us = metric_reach('reaches', 'units') %}
with

judged as (
    select
        judged.experiment_name,
        judged.metric_name,
        judged.window_days * cast(86400000000 as bigint) as window_us,
        experiments.end_date,
        {{ metric_divisor('metrics.kind', '0') }} as divisor
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('experiments') }} as experiments
        on judged.experiment_name = experiments.experiment_name
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
),

variants as (
    select experiment_name, variant from {{ ref('experiment_variants') }}
),

caps as (
    select experiment_name, metric_name, cap_lower, cap_upper
    from {{ ref('int_experiment_scales') }}
),

units as (
    select experiment_name, person_key, variant, segment_at as exposed_at
    from {{ ref('int_experiment_units') }}
),

bounds as (
    select min(started_at) as first_moment, max(ended_at) as last_moment
    from {{ ref('int_session_spans') }}
),

unit_values as (
    select * from {{ ref('int_experiment_values') }}
),

reaches as (
    select distinct experiment_name, window_us, end_date from judged
),

timed as (
    select
        units.experiment_name,
        units.person_key,
        units.variant,
        coalesce(reaches.window_us, -1) as window_us,
        coalesce(
            {{ moment_after('units.exposed_at', '-' ~ reach_us) }} >= bounds.first_moment
            and {{ moment_after('units.exposed_at', reach_us) }} <= bounds.last_moment,
            false
        ) as is_mature
    from units
    inner join reaches on units.experiment_name = reaches.experiment_name
    cross join bounds
),

sizes as (
    select
        experiment_name,
        window_us,
        variant,
        count(*) filter (where is_mature) as person_count,
        count(*) filter (where not is_mature) as immature_count
    from timed
    group by 1, 2, 3
),

{# One row of each metric is nobody, who did nothing. #}
valued as (
    select
        unit_values.experiment_name,
        unit_values.metric_name,
        timed.variant,
        unit_values.y,
        unit_values.d,
        unit_values.before_y,
        unit_values.before_d,
        unit_values.is_finite and unit_values.is_before_finite as is_finite,
        unit_values.has_before as has_pre
    from unit_values
    inner join judged on {{ same_keys('unit_values', 'judged', keys) }}
    inner join timed
        on
            unit_values.experiment_name = timed.experiment_name
            and unit_values.person_key = timed.person_key
            and coalesce(judged.window_us, -1) = timed.window_us
    where timed.is_mature
    union all
    select
        experiment_name, metric_name, null, 0, divisor, 0, divisor as before_d, true, false
    from judged
),

compared as (
    select
        valued.experiment_name,
        valued.metric_name,
        valued.variant,
        {{ capped('valued.y', 'caps.cap_lower', 'caps.cap_upper') }} as y,
        valued.d,
        {{ capped('valued.before_y', 'caps.cap_lower', 'caps.cap_upper') }} as x,
        valued.before_d as e,
        valued.is_finite,
        valued.has_pre
    from valued
    inner join caps on {{ same_keys('valued', 'caps', keys) }}
),

{{ step_ctes('judged', 'compared', keys) }},

sums as (
    select experiment_name, metric_name, variant, {{ exact_sums() }}
    from steps
    where variant is not null
    group by 1, 2, 3
),

nothing as (
    select experiment_name, metric_name, {{ exact_sums() }}
    from steps
    where variant is null
    group by 1, 2
),

filled as (
    select
        judged.experiment_name,
        judged.metric_name,
        variants.variant,
        coalesce(sizes.immature_count, 0) as immature_count,
        {{ sums_of_everyone('sums', 'sizes.person_count') }}
    from judged
    inner join variants on judged.experiment_name = variants.experiment_name
    inner join nothing on {{ same_keys('judged', 'nothing', keys) }}
    left join sizes
        on
            judged.experiment_name = sizes.experiment_name
            and coalesce(judged.window_us, -1) = sizes.window_us
            and variants.variant = sizes.variant
    left join sums on {{ same_keys('judged', 'sums', keys) }} and variants.variant = sums.variant
),

{{ moment_ctes('filled', keys, carried=[]) }},

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        variant,
        -- measures
        {{ moment_columns('moments') }},
        cast(immature_count as bigint) as n_immature
    from moments
)

select * from final
