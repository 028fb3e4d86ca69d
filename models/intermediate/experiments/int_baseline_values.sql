{# What these persons did that a metric counts, from the day they entered until the run ended, and
   in the `planning_pre_days` before. Only who did anything has a row; the others are a 0. #}
{%- set pre_days = var('planning_pre_days') %}
with

metrics as (
    select distinct metric_name, kind from {{ ref('int_metric_parts') }}
),

bounds as (
    select min(start_date) as start_date, max(end_date) as end_date
    from {{ ref('int_baseline_runs') }}
    where is_in_history
),

entered as (
    select * from {{ ref('int_baseline_persons') }}
),

days as (
    select days.*
    from {{ ref('int_metric_days') }} as days
    inner join bounds
        on
            days.event_date >= bounds.start_date - {{ pre_days }}
            and days.event_date < bounds.end_date
),

timed as (
    select
        days.*,
        entered.run_days,
        days.event_date >= entered.entered_date as is_after
    from days
    inner join entered
        on
            days.person_key = entered.person_key
            and days.event_date >= entered.entered_date - {{ pre_days }}
),

measured as (
    select
        run_days,
        metric_name,
        person_key,
        coalesce(sum(case when is_after then numerator end), 0) as numerator,
        coalesce(sum(case when is_after then denominator end), 0) as denominator,
        coalesce(sum(case when not is_after then numerator end), 0) as pre_numerator,
        coalesce(sum(case when not is_after then denominator end), 0) as pre_denominator,
        bool_and(is_finite) as is_finite,
        bool_or(not is_after) as has_pre
    from timed
    group by 1, 2, 3
),

final as (
    select
        -- keys
        measured.run_days,
        measured.metric_name,
        measured.person_key,
        -- measures
        {{ metric_value('metrics.kind', 'measured.numerator') }} as y,
        cast(measured.denominator as double) as d,
        {{ metric_value('metrics.kind', 'measured.pre_numerator') }} as x,
        cast(measured.pre_denominator as double) as e,
        -- flags
        measured.is_finite,
        measured.has_pre
    from measured
    inner join metrics on measured.metric_name = metrics.metric_name
)

select * from final
