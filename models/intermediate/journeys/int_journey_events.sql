{# The events that may be steps of a journey, narrow, with the property that names the step. A run
   restates the days of the visitors whose rows arrived. Bots are nobody. #}
-- depends_on: {{ ref('int_changed_visitor_days') }}
with

{% if is_incremental() -%}
changed as (
    select event_date, source_name, visitor_id from {{ ref('int_changed_visitor_days') }}
),
{%- endif %}

steps as (
    select * from {{ ref('journey_steps') }}
    where is_step
),

event_names as (
    select distinct event_name
    from {{ ref('int_events') }}
    {% if is_incremental() -%}
    where event_date in (select changed.event_date from changed)
    {%- endif %}
),

{# `*` asks for every event; journeys that name a property of an event name the same one. #}
asked as (
    select event_names.event_name, max(named.property) as property
    from event_names
    inner join steps on steps.event_name in (event_names.event_name, '*')
    left join steps as named on event_names.event_name = named.event_name
    group by 1
),

as_steps as (
    select
        -- keys
        events.event_id,
        events.source_name,
        events.visitor_id,
        {{ identifier_key("'device'", 'events.source_name', 'events.device_id') }} as device_key,
        {{ identifier_key(login_type('events.source_name'), "''", 'events.user_id') }} as user_key,
        {{ identifier_key("'checkout'", "''", 'events.checkout_id') }} as checkout_key,
        -- attributes
        events.event_name,
        {{ journey_property('events', 'asked.property') }} as property_value,
        -- times, UTC, and the local day
        events.occurred_at,
        events.event_date
    from {{ ref('int_events') }} as events
    inner join asked on events.event_name = asked.event_name
    where
        not events.is_bot
    {% if is_incremental() -%}
    and events.event_date in (select changed.event_date from changed)
    {%- endif %}
),

{# A visitor who is no longer there on a day is deleted by a row without an event. #}
final as (
    select as_steps.*
    from as_steps
    {%- if is_incremental() %}
    semi join changed
        on
            as_steps.event_date = changed.event_date
            and as_steps.source_name = changed.source_name
            and as_steps.visitor_id = changed.visitor_id
    union all
    select null, source_name, visitor_id, null, null, null, null, null, null, event_date
    from changed
    {%- endif %}
)

select * from final
