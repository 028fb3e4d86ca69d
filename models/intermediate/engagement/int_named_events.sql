{# The events that seeds name, narrow: funnels, retention, features and segments read them here and
   never the wide table. A run restates the days of the visitors whose rows arrived. Bots are nobody.
   Properties are read for those definitions alone that have a filter or keep a property. #}
-- depends_on: {{ ref('int_changed_visitor_days') }}
with

definitions as (
    select * from {{ ref('int_event_definitions') }}
),

filters as (
    select * from {{ ref('event_filters') }}
),

{% if is_incremental() -%}
changed as (
    select event_date, source_name, visitor_id from {{ ref('int_changed_visitor_days') }}
),
{%- endif %}

plain as (
    select
        {{ named_event_columns() }},
        events.event_name,
        '' as filter_name,
        '' as property_name,
        cast(null as string) as property_value
    from {{ ref('int_events') }} as events
    where
        events.event_name in (
            select definitions.event_name from definitions
            where definitions.filter_name = '' and definitions.property_name = ''
        )
        and not events.is_bot
    {% if is_incremental() -%}
    and events.event_date in (select changed.event_date from changed)
    {%- endif %}
),

every as (
    select
        {{ named_event_columns() }},
        '*' as event_name,
        '' as filter_name,
        '' as property_name,
        cast(null as string) as property_value
    from {{ ref('int_events') }} as events
    inner join definitions on definitions.event_name = '*'
    where
        not events.is_bot
    {% if is_incremental() -%}
    and events.event_date in (select changed.event_date from changed)
    {%- endif %}
),

{# With as many rows an event as its filter has conditions, which must all hold. #}
detailed as (
    select
        {{ named_event_columns() }},
        events.event_name,
        definitions.filter_name,
        definitions.property_name,
        {{ event_property('events', 'definitions.property_name') }} as property_value
    from {{ ref('int_events') }} as events
    inner join definitions on events.event_name = definitions.event_name
    left join filters on definitions.filter_name = filters.filter_name
    where
        (definitions.filter_name != '' or definitions.property_name != '')
        and not events.is_bot
    {% if is_incremental() -%}
    and events.event_date in (select changed.event_date from changed)
    {%- endif %}
    group by all
    having
        bool_and(filters.filter_name is null or {{ filter_holds(
            event_property('events', 'filters.property'), 'filters.operator', 'filters.value'
        ) }})
),

named as (
    select * from plain
    union all
    select * from every
    union all
    select * from detailed
),

{# A visitor who is no longer there on a day is deleted by a row without an event. #}
final as (
    select named.*
    from named
    {%- if is_incremental() %}
    semi join changed
        on
            named.event_date = changed.event_date
            and named.source_name = changed.source_name
            and named.visitor_id = changed.visitor_id
    union all
    select
        null, source_name, visitor_id, null, null, null, null, null, null, null, null, null, null,
        event_date, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
