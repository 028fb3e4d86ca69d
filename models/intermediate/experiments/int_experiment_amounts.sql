{# What a metric counts of each person on each day: from their first exposure on, in
   `pre_window_days` before it, and in as long a time before it as counts after it. What was before
   the exposure is of its day, since the person is unknown until then. Amounts are added as decimals,
   so a sum does not depend on the order of events. A run restates the persons whose rows arrived.
   Longer than a screen: the list of what is asked. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set sums = [
    'numerator', 'denominator', 'pre_numerator', 'pre_denominator', 'before_numerator',
    'before_denominator'
] %}
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

{# The number stands for the names where events are added up: texts would take longer. #}
asked as (
    select
        judged.*,
        dense_rank() over (order by judged.experiment_name, judged.metric_name) as asked_number,
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
    select experiment_name, person_key, exposed_at, exposed_date
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
        asked.asked_number,
        asked.is_numerator,
        asked.pre_window_us,
        units.person_key,
        greatest(identified.event_date, units.exposed_date) as known_date,
        {{ metric_amount('asked', 'identified') }} as amount,
        {{ metric_amount_is_finite('asked', 'identified') }} as is_finite,
        {{ microseconds_between('units.exposed_at', 'identified.occurred_at') }} as passed_us,
        {{ metric_reach('asked', 'units') }} as reach_us,
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

placed as (
    select
        *,
        passed_us >= 0 and passed_us < window_us and is_in_time as is_after,
        passed_us < 0 and passed_us >= -pre_window_us as is_pre,
        passed_us < 0 and passed_us >= -reach_us as is_before
    from timed
),

measured as (
    select
        asked_number,
        person_key,
        known_date,
        sum(amount) filter (where is_numerator and is_after) as numerator,
        sum(amount) filter (where not is_numerator and is_after) as denominator,
        sum(amount) filter (where is_numerator and is_pre) as pre_numerator,
        sum(amount) filter (where not is_numerator and is_pre) as pre_denominator,
        sum(amount) filter (where is_numerator and is_before) as before_numerator,
        sum(amount) filter (where not is_numerator and is_before) as before_denominator,
        bool_and(is_finite) filter (where is_after or is_pre) as is_finite,
        bool_and(is_finite) filter (where is_before) as is_before_finite,
        bool_or(is_pre) as has_pre,
        bool_or(is_before) as has_before
    from placed
    where is_after or is_pre or is_before
    group by 1, 2, 3
),

final as (
    select
        -- keys
        asked.experiment_name,
        asked.metric_name,
        measured.person_key,
        measured.known_date,
        -- measures
        {{ for_each(sums, 'cast(coalesce(measured.{}, 0) as decimal(38, 12)) as {}') }},
        -- flags
        coalesce(measured.is_finite, true) as is_finite,
        coalesce(measured.is_before_finite, true) as is_before_finite,
        measured.has_pre,
        measured.has_before
    from measured
    inner join asked on measured.asked_number = asked.asked_number and asked.is_numerator
    {%- if is_incremental() %}
    union all
    select distinct null, null, person_key, null, 0, 0, 0, 0, 0, 0, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
