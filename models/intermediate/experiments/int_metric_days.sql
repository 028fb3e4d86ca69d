{# What a metric counts of each person on each local day. Amounts are added as decimals, so a sum
   does not depend on the order of events. A run restates the persons whose rows arrived. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

{# The number stands for the name while events are added up: texts take more memory. #}
parts as (
    select *, dense_rank() over (order by metric_name) as metric_number
    from {{ ref('int_metric_parts') }}
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

{# Added up before it is known who they are, so that few rows are left to be identified. #}
visitor_days as (
    select
        parts.metric_number,
        events.device_key,
        events.user_key,
        events.checkout_key,
        events.event_date,
        sum(case when parts.is_numerator then {{ metric_amount('parts', 'events') }} end)
            as numerator,
        sum(case when not parts.is_numerator then {{ metric_amount('parts', 'events') }} end)
            as denominator,
        bool_and({{ metric_amount_is_finite('parts', 'events') }}) as is_finite
    from {{ ref('int_named_events') }} as events
    inner join parts
        on
            events.event_name = parts.event_name
            and events.filter_name = parts.filter_name
            and events.property_name = parts.property_name
    where
        {{ in_this_pass('extract(day from events.event_date)') }}
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
    group by 1, 2, 3, 4, 5
),

identified as (
    {{ with_person_key('visitor_days') }}
),

measured as (
    select
        metric_number,
        person_key,
        event_date,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        bool_and(is_finite) as is_finite
    from identified
    where
        person_key is not null
    {% if is_incremental() -%}
    and person_key in (select changed.person_key from changed)
    {%- endif %}
    group by 1, 2, 3
),

metric_names as (
    select distinct metric_number, metric_name from parts
),

final as (
    select
        -- keys
        metric_names.metric_name,
        measured.person_key,
        measured.event_date,
        -- measures
        cast(coalesce(measured.numerator, 0) as decimal(38, 12)) as numerator,
        cast(coalesce(measured.denominator, 0) as decimal(38, 12)) as denominator,
        -- flags
        measured.is_finite
    from measured
    inner join metric_names on measured.metric_number = metric_names.metric_number
    {%- if is_incremental() %}
    union all
    select distinct null, person_key, null, 0, 0, null from changed
    {%- endif %}
)

select * from final
