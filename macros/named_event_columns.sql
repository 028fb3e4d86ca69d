{# The columns that int_named_events keeps of an event of int_events, called `events`: its keys, what
   segments may be cut by, and its times. Test: the unit tests of int_named_events. #}
{% macro named_event_columns() -%}
    events.event_id,
    events.source_name,
    events.visitor_id,
    {{ identifier_key("'device'", 'events.source_name', 'events.device_id') }} as device_key,
    {{ identifier_key(login_type('events.source_name'), "''", 'events.user_id') }} as user_key,
    {{ identifier_key("'checkout'", "''", 'events.checkout_id') }} as checkout_key,
    events.platform,
    events.device_type,
    events.country,
    events.user_intent,
    events.content_category,
    events.surface,
    events.occurred_at,
    events.event_date
{%- endmacro %}
