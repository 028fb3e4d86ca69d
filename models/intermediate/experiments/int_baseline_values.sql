{# What these persons did that a metric counts, from the day they entered until the run ended, and
   in the `planning_pre_days` before. Only who did anything has a row; the others are a 0. Amounts are
   added as decimals, so a sum does not depend on the order of events. #}
{%- set pre_days = var('planning_pre_days') %}
with

parts as (
    select * from {{ ref('int_metric_parts') }}
),

bounds as (
    select min(start_date) as start_date, max(end_date) as end_date
    from {{ ref('int_baseline_runs') }}
    where is_in_history
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

entered as (
    select * from {{ ref('int_baseline_persons') }}
),

named_events as (
    select
        event_name, filter_name, property_name, property_value, device_key, user_key, checkout_key,
        event_date
    from {{ ref('int_named_events') }}
    where
        event_name in (select parts.event_name from parts)
        and event_date >= (select bounds.start_date from bounds) - {{ pre_days }}
        and event_date < (select bounds.end_date from bounds)
),

identified as (
    {{ with_person_key('named_events') }}
),

counted as (
    select
        parts.metric_name,
        parts.kind,
        parts.is_numerator,
        identified.person_key,
        identified.event_date,
        {{ metric_amount('parts', 'identified') }} as amount,
        {{ metric_amount_is_finite('parts', 'identified') }} as is_finite
    from identified
    inner join parts
        on
            identified.event_name = parts.event_name
            and identified.filter_name = parts.filter_name
            and identified.property_name = parts.property_name
),

days as (
    select
        metric_name,
        kind,
        is_numerator,
        person_key,
        event_date,
        sum(amount) as amount,
        bool_and(is_finite) as is_finite
    from counted
    group by 1, 2, 3, 4, 5
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
        kind,
        person_key,
        coalesce(sum(amount) filter (where is_numerator and is_after), 0) as numerator,
        coalesce(sum(amount) filter (where not is_numerator and is_after), 0) as denominator,
        coalesce(sum(amount) filter (where is_numerator and not is_after), 0) as pre_numerator,
        coalesce(sum(amount) filter (where not is_numerator and not is_after), 0)
            as pre_denominator,
        bool_and(is_finite) as is_finite,
        bool_or(not is_after) as has_pre
    from timed
    group by 1, 2, 3, 4
),

final as (
    select
        -- keys
        run_days,
        metric_name,
        person_key,
        -- measures
        {{ metric_value('kind', 'numerator') }} as y,
        cast(denominator as double) as d,
        {{ metric_value('kind', 'pre_numerator') }} as x,
        cast(pre_denominator as double) as e,
        -- flags
        is_finite,
        has_pre
    from measured
)

select * from final
