{# Persons before and after their first exposure, in equal times: who counts has both in the data.
   The time before stands in x and e. Caps are those of the results, of both times alike. Longer than
   a screen: who counts, and the statistics. #}
{%- set keys = ['experiment_name', 'metric_name'] %}
with

judged as (
    select experiment_name, metric_name from {{ ref('experiment_metrics') }}
),

variants as (
    select experiment_name, variant from {{ ref('experiment_variants') }}
),

caps as (
    select experiment_name, metric_name, cap_lower, cap_upper
    from {{ ref('int_experiment_scales') }}
),

bounds as (
    select min(started_at) as first_moment, max(ended_at) as last_moment
    from {{ ref('int_session_spans') }}
),

unit_values as (
    select
        unit_values.*,
        coalesce(
            unit_values.compared_from_at >= bounds.first_moment
            and unit_values.compared_until_at <= bounds.last_moment,
            false
        ) as is_mature
    from {{ ref('int_experiment_values') }} as unit_values
    cross join bounds
),

compared as (
    select
        unit_values.experiment_name,
        unit_values.metric_name,
        unit_values.variant,
        {{ capped('unit_values.y', 'caps.cap_lower', 'caps.cap_upper') }} as y,
        unit_values.d,
        {{ capped('unit_values.before_y', 'caps.cap_lower', 'caps.cap_upper') }} as x,
        unit_values.before_d as e,
        unit_values.is_finite and unit_values.is_before_finite as is_finite,
        unit_values.has_before as has_pre
    from unit_values
    inner join caps on {{ same_keys('unit_values', 'caps', keys) }}
    where unit_values.is_mature
),

{{ step_ctes('judged', 'compared', keys) }},

sums as (
    select experiment_name, metric_name, variant, {{ exact_sums() }}
    from steps
    group by 1, 2, 3
),

immature as (
    select experiment_name, metric_name, variant, count(*) as immature_count
    from unit_values
    where not is_mature
    group by 1, 2, 3
),

filled as (
    select
        judged.experiment_name,
        judged.metric_name,
        variants.variant,
        coalesce(immature.immature_count, 0) as immature_count,
        coalesce(sums.person_count - sums.non_finite_count, 0) as finite_count,
        {{ for_each(
            ['person_count', 'with_pre_count', 'nonzero_count'], 'coalesce(sums.{}, 0) as {}'
        ) }},
        {{ for_each(
            exact_sum_columns(), 'cast(coalesce(sums.{}, 0) as decimal(38, 0)) as {}'
        ) }}
    from judged
    inner join variants on judged.experiment_name = variants.experiment_name
    left join immature
        on
            {{ same_keys('judged', 'immature', keys) }}
            and variants.variant = immature.variant
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
