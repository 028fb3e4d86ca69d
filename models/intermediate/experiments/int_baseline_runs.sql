{# Runs that experiments would have had, had they ended with the last whole day of data: one of each
   length in `planning_run_days`, also where the data do not reach back so far. #}
with

bounds as (
    select min(event_date) as first_date, max(event_date) as end_date
    from {{ ref('int_active_days') }}
    where entity_type = 'person'
),

lengths as (
    {%- for days in valid_var('planning_run_days') %}
    select {{ days }} as run_days
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

dated as (
    select
        lengths.run_days,
        bounds.first_date,
        bounds.end_date - lengths.run_days as start_date,
        bounds.end_date
    from lengths
    cross join bounds
),

final as (
    select
        -- keys
        run_days,
        -- flags
        coalesce(start_date >= first_date, false) as is_in_history,
        -- local days
        start_date,
        end_date
    from dated
)

select * from final
