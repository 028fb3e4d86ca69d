{# The event by which each person starts: the first ever, or the first of each period. Any activity is
   in int_retention_activity_starts. A run restates the persons with new events. #}
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
    select * from {{ ref('int_named_events') }}
    where
        event_name in (select definitions.start_event from definitions)
        and property_name = ''
    {% if is_incremental() -%}
    and (
        device_key in (select changed.identifier_key from changed)
        or user_key in (select changed.identifier_key from changed)
        or checkout_key in (select changed.identifier_key from changed)
    )
    {%- endif %}
),

identified as (
    {{ with_person_key('named_events') }}
),

numbered as (
    select
        identified.*,
        definitions.once_per,
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
    where
        identified.person_key is not null
    {% if is_incremental() -%}
    and identified.person_key in (select changed.person_key from changed)
    {%- endif %}
),

final as (
    select
        event_name as start_event,
        filter_name as start_filter,
        once_per,
        person_key,
        event_id,
        platform,
        device_type,
        country,
        user_intent,
        content_category,
        surface,
        occurred_at as started_at,
        event_date as start_date
    from numbered
    where turn = 1
    {%- if is_incremental() %}
    union all
    select distinct
        null, null, null, person_key, null, null, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
