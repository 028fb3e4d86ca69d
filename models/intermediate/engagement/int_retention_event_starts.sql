{# The event by which each person starts: the first ever, or the first of each period. Any activity
   is in int_retention_activity_starts. A run restates the persons with new events. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

definitions as (
    select distinct
        start_event,
        coalesce(start_filter, '') as start_filter,
        case when cohort_kind = 'first_time' then 'ever' else period end as once_per
    from {{ ref('retentions') }}
    where start_event != '*'
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
        event_id,
        event_name,
        filter_name,
        device_key,
        user_key,
        checkout_key,
        occurred_at,
        event_date
    from {{ ref('int_named_events') }}
    where
        event_name in (select definitions.start_event from definitions)
        and property_name = ''
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('named_events') }}
),

numbered as (
    select
        identified.event_id,
        definitions.start_event,
        definitions.start_filter,
        definitions.once_per,
        identified.person_key,
        row_number() over (
            partition by
                definitions.start_event,
                definitions.start_filter,
                definitions.once_per,
                identified.person_key,
                {{ period_number('identified.event_date', 'definitions.once_per') }}
            order by identified.occurred_at, identified.event_id
        ) as turn
    from identified
    inner join definitions
        on
            identified.event_name = definitions.start_event
            and identified.filter_name = definitions.start_filter
    where identified.person_key is not null
    {% if is_incremental() -%}
    and identified.person_key in (select changed.person_key from changed)
    {%- endif %}
),

{# What segments need is fetched for these events alone: sorting it would cost the most. #}
final as (
    select
        numbered.start_event,
        numbered.start_filter,
        numbered.once_per,
        numbered.person_key,
        events.event_id,
        events.platform,
        events.device_type,
        events.country,
        events.user_intent,
        events.content_category,
        events.surface,
        events.occurred_at as started_at,
        events.event_date as start_date
    from {{ ref('int_named_events') }} as events
    inner join numbered
        on
            events.event_id = numbered.event_id
            and events.event_name = numbered.start_event
            and events.filter_name = numbered.start_filter
            and events.property_name = ''
    where numbered.turn = 1
    {%- if is_incremental() %}
    union all
    select distinct
        null, null, null, person_key, null, null, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
