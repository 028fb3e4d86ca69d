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

named_events as (
    select
        event_name, filter_name, property_name, property_value, device_key, user_key, checkout_key,
        event_date
    from {{ ref('int_named_events') }}
    where
        event_name in (select parts.event_name from parts)
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('named_events') }}
),

counted as (
    select
        parts.metric_number,
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
    where
        identified.person_key is not null
    {% if is_incremental() -%}
    and identified.person_key in (select changed.person_key from changed)
    {%- endif %}
),

measured as (
    select
        metric_number,
        person_key,
        event_date,
        sum(case when is_numerator then amount end) as numerator,
        sum(case when not is_numerator then amount end) as denominator,
        bool_and(is_finite) as is_finite
    from counted
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
