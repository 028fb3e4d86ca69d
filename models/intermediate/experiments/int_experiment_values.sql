{# What each person did that a metric counts, from their first exposure on and before it; nothing is
   a 0. Amounts are added as decimals, so a sum does not depend on the order of events. A run
   restates the persons whose rows arrived. Longer than a screen: the list of what is asked. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set day_us = 'cast(86400000000 as bigint)' %}
with

parts as (
    select * from {{ ref('int_metric_parts') }}
),

judged as (
    select
        judged.experiment_name,
        judged.metric_name,
        judged.window_days * {{ day_us }} as window_us,
        experiments.pre_window_days * {{ day_us }} as pre_window_us,
        experiments.end_date
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('experiments') }} as experiments
        on judged.experiment_name = experiments.experiment_name
),

asked as (
    select
        judged.*,
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
    select experiment_name, person_key, variant, exposed_at
    from {{ ref('int_experiment_persons') }}
    where
        not is_excluded
    {% if is_incremental() -%}
    and person_key in (select changed.person_key from changed)
    {%- endif %}
),

named_events as (
    select
        event_name, filter_name, property_name, property_value, device_key, user_key, checkout_key,
        occurred_at, event_date
    from {{ ref('int_named_events') }}
    where
        event_name in (select asked.event_name from asked)
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('named_events') }}
),

timed as (
    select
        asked.experiment_name,
        asked.metric_name,
        asked.is_numerator,
        asked.pre_window_us,
        units.person_key,
        {{ metric_amount('asked', 'identified') }} as amount,
        {{ metric_amount_is_finite('asked', 'identified') }} as is_finite,
        {{ microseconds_between('units.exposed_at', 'identified.occurred_at') }} as passed_us,
        coalesce(asked.window_us, {{ day_us }} * 36500) as window_us,
        asked.window_us is not null or asked.end_date is null
        or identified.event_date < asked.end_date as is_in_time
    from identified
    inner join asked
        on
            identified.event_name = asked.event_name
            and identified.filter_name = asked.filter_name
            and identified.property_name = asked.property_name
    inner join units
        on
            asked.experiment_name = units.experiment_name
            and identified.person_key = units.person_key
),

measured as (
    select
        experiment_name,
        metric_name,
        person_key,
        sum(amount) filter (where is_numerator and passed_us >= 0) as numerator,
        sum(amount) filter (where not is_numerator and passed_us >= 0) as denominator,
        sum(amount) filter (where is_numerator and passed_us < 0) as pre_numerator,
        sum(amount) filter (where not is_numerator and passed_us < 0) as pre_denominator,
        bool_and(is_finite) as is_finite,
        bool_or(passed_us < 0) as has_pre
    from timed
    where
        passed_us >= -pre_window_us
        and passed_us < window_us
        and (passed_us < 0 or is_in_time)
    group by 1, 2, 3
),

valued as (
    select
        asked.experiment_name,
        asked.metric_name,
        asked.kind,
        units.person_key,
        units.variant,
        coalesce(measured.numerator, 0) as numerator,
        coalesce(measured.denominator, 0) as denominator,
        coalesce(measured.pre_numerator, 0) as pre_numerator,
        coalesce(measured.pre_denominator, 0) as pre_denominator,
        coalesce(measured.is_finite, true) as is_finite,
        coalesce(measured.has_pre, false) as has_pre,
        {{ timestamp_from_microseconds(
            microseconds_between("timestamp '1970-01-01 00:00:00'", 'units.exposed_at')
            ~ ' + asked.window_us'
        ) }} as window_closed_at
    from units
    inner join asked on units.experiment_name = asked.experiment_name and asked.is_numerator
    left join measured
        on
            units.experiment_name = measured.experiment_name
            and asked.metric_name = measured.metric_name
            and units.person_key = measured.person_key
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        person_key,
        -- attributes
        variant,
        -- measures
        {{ metric_value('kind', 'numerator') }} as y,
        cast(case when kind = 'ratio' then denominator else 1 end as double) as d,
        {{ metric_value('kind', 'pre_numerator') }} as x,
        cast(case when kind = 'ratio' then pre_denominator else 1 end as double) as e,
        -- flags
        is_finite,
        has_pre,
        -- times, UTC
        window_closed_at
    from valued
    {%- if is_incremental() %}
    union all
    select distinct
        null, null, person_key, null, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
