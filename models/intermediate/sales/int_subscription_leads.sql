{# Which lead and deal a subscription came from, and the path of its trial: what sales or the trial's
   own event says of the same e-mail address, else of the same person, nearest in time. #}
{%- set window = var('sales_window_days') %}
with

subscriptions as (
    select * from {{ ref('int_subscription_starts') }}
),

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

{# The lead's word counts before the deal's, and both before the event's: sales may change a path. #}
records as (
    select
        1 as source_rank,
        lead_id as record_id,
        lead_id,
        email_hash,
        person_id,
        trial_path,
        created_at
    from leads
    union all
    select 2, deal_id, lead_id, email_hash, person_id, trial_path, created_at
    from deals
    union all
    select
        3, replace(cast(event_id as string), '-', ''), null, null, cast(person_key as string),
        lower(trim(property_value)), occurred_at
    from identified_events
),

candidates as (
    select
        subscriptions.subscription_id,
        records.*,
        'email' as matched_by,
        1 as match_rank
    from subscriptions
    inner join records on subscriptions.email_hash = records.email_hash
    union all
    select subscriptions.subscription_id, records.*, 'person', 2
    from subscriptions
    inner join records on subscriptions.person_id = records.person_id
),

{# Sales may write down the trial a day after it began; what came long before led to something else. #}
near as (
    select
        candidates.*,
        {{ dbt.datediff(
            local_date('candidates.created_at'), local_date('subscriptions.started_at'), 'day'
        ) }} as days_before, -- noqa: LT05
        abs({{ microseconds_between('candidates.created_at', 'subscriptions.started_at') }})
            as distance
    from candidates
    inner join subscriptions on candidates.subscription_id = subscriptions.subscription_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by subscription_id, case when trial_path is not null then 1 end
            order by source_rank, match_rank, distance, record_id
        ) as path_rank,
        row_number() over (
            partition by subscription_id, case when lead_id is not null then 1 end
            order by match_rank, distance, source_rank, record_id
        ) as lead_rank
    from near
    where
        days_before between -1 and {{ window }}
        or (source_rank = 2 and days_before between -{{ window }} and {{ window }})
),

found as (
    select
        subscription_id,
        max(case when lead_rank = 1 and lead_id is not null then lead_id end) as lead_id,
        max(case when lead_rank = 1 and lead_id is not null then matched_by end) as matched_by,
        max(case when path_rank = 1 and trial_path is not null then trial_path end) as trial_path,
        max(case when path_rank = 1 and trial_path is not null then source_rank end)
            as path_source
    from ranked
    group by 1
),

lead_deals as (
    select
        lead_id,
        deal_id,
        row_number() over (partition by lead_id order by created_at, deal_id) as deal_rank
    from deals
    where lead_id is not null
),

final as (
    select
        -- keys
        found.subscription_id,
        found.lead_id,
        lead_deals.deal_id,
        -- attributes
        found.matched_by,
        found.trial_path,
        case found.path_source when 1 then 'lead' when 2 then 'deal' when 3 then 'event' end
            as trial_path_source
    from found
    left join lead_deals on found.lead_id = lead_deals.lead_id and lead_deals.deal_rank = 1
)

select * from final
