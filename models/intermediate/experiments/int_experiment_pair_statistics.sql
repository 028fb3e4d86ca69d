{# What int_experiment_statistics says of a segment, of the variants of an experiment that runs at
   the same time: of every goal that is a mean, a proportion or a ratio. #}
{%- set keys = [
    'experiment_name', 'metric_name', 'other_experiment_name', 'variant', 'other_variant'
] %}
with

judged as (
    select
        judged.experiment_name, judged.metric_name, judged.window_days, judged.needs_full_window
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
    where judged.role = 'goal' and metrics.kind != 'quantile'
),

pairs as (
    select experiment_name, other_experiment_name, variant, other_variant
    from {{ ref('int_experiment_pairs') }}
),

steps as (
    select * from {{ ref('int_experiment_steps') }}
),

units as (
    select experiment_name, person_key, variant, segment_at as exposed_at
    from {{ ref('int_experiment_units') }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

scales as (
    select * from {{ ref('int_experiment_scales') }}
),

nothing as (
    select * from {{ ref('int_experiment_nothing') }}
),

cells as (
    select
        judged.experiment_name,
        judged.metric_name,
        pairs.other_experiment_name,
        pairs.variant,
        pairs.other_variant
    from judged
    inner join pairs on judged.experiment_name = pairs.experiment_name
),

shared as (
    select
        pairs.experiment_name,
        pairs.other_experiment_name,
        pairs.variant,
        pairs.other_variant,
        units.exposed_at
    from pairs
    inner join units
        on pairs.experiment_name = units.experiment_name and pairs.variant = units.variant
    inner join units as others
        on
            pairs.other_experiment_name = others.experiment_name
            and pairs.other_variant = others.variant
            and units.person_key = others.person_key
),

{{ experiment_size_ctes('shared', {
    'other_experiment_name': 'shared.other_experiment_name',
    'variant': 'shared.variant',
    'other_variant': 'shared.other_variant',
}) }},

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
    inner join units as others
        on
            cells.other_experiment_name = others.experiment_name
            and cells.other_variant = others.variant
            and steps.person_key = others.person_key
    group by 1, 2, 3, 4, 5
),

filled as (
    select
        cells.*,
        {{ sums_of_everyone('sums', 'sizes.person_count') }}
    from cells
    inner join nothing on {{ same_keys('cells', 'nothing', keys[:2]) }}
    left join sizes on {{ same_keys('cells', 'sizes', keys) }}
    left join sums on {{ same_keys('cells', 'sums', keys) }}
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
