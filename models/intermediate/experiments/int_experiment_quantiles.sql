{# Quantiles over people, and those a normal interval of ranks below and above, from which their
   variance follows (the spec's section 4). #}
with

shares as (
    select
        judged.experiment_name,
        judged.metric_name,
        judged.window_days,
        judged.needs_full_window,
        metrics.quantile as share,
        {{ capped('cast(0 as double)', 'scales.cap_lower', 'scales.cap_upper') }} as nothing
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
    inner join {{ ref('int_experiment_scales') }} as scales
        on {{ same_keys('judged', 'scales', ['experiment_name', 'metric_name']) }}
    where metrics.kind = 'quantile'
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

units as (
    select experiment_name, person_key, cell_key, variant, segment_at as exposed_at
    from {{ ref('int_experiment_units') }}
),

steps as (
    select experiment_name, metric_name, person_key, y, is_finite
    from {{ ref('int_experiment_steps') }}
),

cells as (
    select * from {{ ref('int_experiment_cells') }}
),

everyone as (
    select
        units.experiment_name,
        shares.metric_name,
        units.variant,
        units.cell_key,
        shares.share,
        coalesce(steps.y, shares.nothing) as y
    from units
    inner join shares on units.experiment_name = shares.experiment_name
    cross join last_moment
    left join steps
        on
            units.experiment_name = steps.experiment_name
            and shares.metric_name = steps.metric_name
            and units.person_key = steps.person_key
    where
        {{ is_mature('shares', 'units.exposed_at', 'last_moment.last_moment') }}
        and coalesce(steps.is_finite, true)
),

placed as (
    select
        everyone.experiment_name,
        everyone.metric_name,
        everyone.variant,
        cells.segment_name,
        cells.segment_value,
        everyone.y,
        everyone.share,
        row_number() over (
            partition by
                everyone.experiment_name, everyone.metric_name, everyone.variant,
                cells.segment_name, cells.segment_value
            order by everyone.y
        ) as place,
        count(*) over (
            partition by
                everyone.experiment_name, everyone.metric_name, everyone.variant,
                cells.segment_name, cells.segment_value
        ) as person_count
    from everyone
    inner join cells
        on everyone.experiment_name = cells.experiment_name and everyone.cell_key = cells.cell_key
),

widened as (
    select
        *,
        1.959963984540054 * sqrt(share * (1 - share) / person_count) as half_width
    from placed
),

sought as (
    select
        *,
        1 + (person_count - 1) * share as middle_place,
        1 + (person_count - 1) * greatest(share - half_width, 0) as low_place,
        1 + (person_count - 1) * least(share + half_width, 1) as high_place
    from widened
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        variant,
        segment_name,
        segment_value,
        -- measures
        {{ value_at_place('y', 'place', 'middle_place') }} as q_hat,
        {{ value_at_place('y', 'place', 'low_place') }} as q_low,
        {{ value_at_place('y', 'place', 'high_place') }} as q_high
    from sought
    group by 1, 2, 3, 4, 5
)

select * from final
