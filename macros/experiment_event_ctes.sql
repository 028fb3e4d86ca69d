{# CTEs up to `placed`: a row per event that a metric of an experiment counts or divides by, and person,
   with what it adds and whether it lies after the exposure, in `pre_window_days` before it, or in as
   long a time before it as counts after it. What was before is of the exposure's day, since the person
   is unknown until then. Events that are too far from the experiment go first, and metrics join them
   before people do: a planner that joined metrics and people would have all pairs of them.
   judged_where: a condition on the seed experiment_metrics, there `judged`.
   Test: the unit tests of int_experiment_values and int_experiment_amounts. #}
{% macro experiment_event_ctes(judged_where='true') -%}
    {%- set day_us = 'cast(86400000000 as bigint)' -%}
    {%- set run_days = dbt.datediff('experiments.start_date', 'experiments.end_date', 'day') -%}
    parts as (
        select * from {{ ref('int_metric_parts') }}
    ),

    judged as (
        select
            judged.experiment_name,
            judged.metric_name,
            judged.window_days * {{ day_us }} as window_us,
            experiments.pre_window_days * {{ day_us }} as pre_window_us,
            experiments.end_date,
            -- a day more on either side, since windows are not of whole local days
            experiments.start_date - 1 - cast(greatest(
                experiments.pre_window_days, coalesce(judged.window_days, {{ run_days }}, 0)
            ) as integer) as reached_from_date,
            coalesce(
                experiments.end_date + 1 + cast(coalesce(judged.window_days, 0) as integer),
                date '9999-12-31'
            ) as reached_until_date
        from {{ ref('experiment_metrics') }} as judged
        inner join {{ ref('experiments') }} as experiments
            on judged.experiment_name = experiments.experiment_name
        where {{ judged_where }}
    ),

    -- numbers stand for the names where events are added up: texts would take longer
    asked as (
        select
            judged.*,
            cast(dense_rank() over (order by judged.experiment_name) as integer)
                as experiment_number,
            cast(dense_rank() over (order by judged.experiment_name, judged.metric_name) as integer)
                as asked_number,
            parts.kind,
            parts.event_name,
            parts.filter_name,
            parts.property_name,
            parts.is_numerator
        from judged
        inner join parts on judged.metric_name = parts.metric_name
    ),

    persons as (
        select identifier_key, cast(person_id as bigint) as person_key
        from {{ ref('int_person_identifiers') }}
    ),

    {% if is_incremental() -%}
    changed as (
        select * from {{ ref('int_changed_persons') }}
    ),
    {%- endif %}

    units as (
        select
            numbers.experiment_number,
            units.person_key,
            units.exposed_at,
            units.exposed_date
        from {{ ref('int_experiment_persons') }} as units
        inner join (select distinct experiment_name, experiment_number from asked) as numbers
            on units.experiment_name = numbers.experiment_name
        where
            not units.is_excluded
        {% if is_incremental() -%}
        and units.person_key in (select changed.person_key from changed)
        {%- endif %}
    ),

    named_events as (
        select * from {{ ref('int_named_events') }}
        {% if is_incremental() -%}
        where {{ is_of_changed_persons() }}
        {%- endif %}
    ),

    counted as (
        select
            asked.experiment_number,
            asked.asked_number,
            asked.is_numerator,
            asked.window_us,
            asked.pre_window_us,
            asked.end_date,
            named_events.device_key,
            named_events.user_key,
            named_events.checkout_key,
            named_events.occurred_at,
            named_events.event_date,
            {{ metric_amount('asked', 'named_events') }} as amount,
            {{ metric_amount_is_finite('asked', 'named_events') }} as is_finite
        from named_events
        inner join asked
            on
                named_events.event_name = asked.event_name
                and named_events.filter_name = asked.filter_name
                and named_events.property_name = asked.property_name
                and named_events.event_date between asked.reached_from_date
                and asked.reached_until_date
    ),

    identified as (
        {{ with_person_key('counted') }}
    ),

    timed as (
        select
            identified.*,
            greatest(identified.event_date, units.exposed_date) as known_date,
            {{ microseconds_between('units.exposed_at', 'identified.occurred_at') }} as passed_us,
            {{ metric_reach('identified', 'units') }} as reach_us,
            identified.window_us is not null or identified.end_date is null
            or identified.event_date < identified.end_date as is_in_time
        from identified
        inner join units
            on
                identified.experiment_number = units.experiment_number
                and identified.person_key = units.person_key
    ),

    placed as (
        select
            *,
            passed_us >= 0 and passed_us < coalesce(window_us, {{ day_us }} * 36500) and is_in_time
                as is_after,
            passed_us < 0 and passed_us >= -pre_window_us as is_pre,
            coalesce(passed_us < 0 and passed_us >= -reach_us, false) as is_before
        from timed
    )
{%- endmacro %}
