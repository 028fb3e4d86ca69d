with

judged as (
    select experiment_name, metric_name, window_days, needs_full_window
    from {{ ref('experiment_metrics') }}
),

units as (
    select experiment_name, cell_key, variant, segment_at as exposed_at
    from {{ ref('int_experiment_units') }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

{{ experiment_size_ctes('units', {'variant': 'units.variant', 'cell_key': 'units.cell_key'}) }},

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        variant,
        cell_key,
        -- measures
        person_count
    from sizes
)

select * from final
