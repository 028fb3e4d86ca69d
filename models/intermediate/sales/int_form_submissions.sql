{# Events that are the sending of a form, by the seed form_types. #}
with

form_types as (
    select * from {{ ref('form_types') }}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

named_events as (
    select * from {{ ref('int_named_events') }}
    where
        property_name = ''
        and event_name in (select form_types.event_name from form_types)
),

sent as (
    select
        named_events.*,
        form_types.form_type,
        form_types.lifecycle_stage,
        form_types.sales_priority
    from named_events
    inner join form_types
        on
            named_events.event_name = form_types.event_name
            and named_events.filter_name = coalesce(form_types.filter_name, '')
),

identified as (
    {{ with_person_key('sent') }}
),

final as (
    select
        -- keys
        replace(cast(event_id as string), '-', '') as form_submission_id,
        cast(person_key as string) as person_id,
        source_name,
        -- attributes
        form_type,
        event_name,
        lifecycle_stage,
        sales_priority,
        platform,
        country,
        -- times, UTC, and the local day
        occurred_at as submitted_at,
        event_date as submitted_date
    from identified
)

select * from final
