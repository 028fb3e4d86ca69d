{# What may say where a subscription came from and on which path its trial is: leads, deals, and the
   trial's own event. The lead's word counts before the deal's, and both before the event's. #}
with

leads as (
    select * from {{ ref('int_leads') }}
),

deals as (
    select * from {{ ref('int_deals') }}
    where not is_deleted
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

trial_events as (
    select * from {{ ref('int_named_events') }}
    where
        event_name = 'trial_started'
        and property_name = 'trial_path'
        and property_value is not null
),

identified_events as (
    {{ with_person_key('trial_events') }}
),

final as (
    select
        -- keys
        'lead' as record_type,
        lead_id as record_id,
        lead_id,
        email_hash,
        person_id,
        -- attributes
        trial_path,
        1 as source_rank,
        -- times, UTC
        created_at
    from leads
    union all
    select 'deal', deal_id, lead_id, email_hash, person_id, trial_path, 2, created_at
    from deals
    union all
    select
        'event', replace(cast(event_id as string), '-', ''), null, null,
        cast(person_key as string), lower(trim(property_value)), 3, occurred_at
    from identified_events
)

select * from final
