{# A person counts once their window has closed, where the metric asks for that, by the last moment
   of data. #}
with

judged as (
    select experiment_name, metric_name, needs_full_window
    from {{ ref('experiment_metrics') }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

final as (
    select
        unit_values.*,
        not judged.needs_full_window
        or unit_values.window_closed_at <= last_moment.last_moment as is_mature
    from {{ ref('int_experiment_values') }} as unit_values
    inner join judged
        on
            unit_values.experiment_name = judged.experiment_name
            and unit_values.metric_name = judged.metric_name
    cross join last_moment
)

select * from final
