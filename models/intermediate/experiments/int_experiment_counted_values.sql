{# A person counts once their window has closed, where the metric asks for that, by the last moment
   of data. #}
with

judged as (
    select experiment_name, metric_name, window_days, needs_full_window
    from {{ ref('experiment_metrics') }}
),

units as (
    select experiment_name, person_key, cell_key, variant, segment_at as exposed_at
    from {{ ref('int_experiment_units') }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

final as (
    select
        unit_values.*,
        units.cell_key,
        units.variant,
        {{ window_closed_at('judged', 'units.exposed_at') }} as window_closed_at,
        {{ is_mature('judged', 'units.exposed_at', 'last_moment.last_moment') }} as is_mature
    from {{ ref('int_experiment_values') }} as unit_values
    inner join units
        on
            unit_values.experiment_name = units.experiment_name
            and unit_values.person_key = units.person_key
    inner join judged
        on
            unit_values.experiment_name = judged.experiment_name
            and unit_values.metric_name = judged.metric_name
    cross join last_moment
)

select * from final
