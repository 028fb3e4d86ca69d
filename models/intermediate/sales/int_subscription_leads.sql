{# Which lead and deal a subscription came from, and the path of its trial: what sales or the
   trial's own event says of the same e-mail address, else of the same person, nearest in time. #}
{%- set window = var('sales_window_days') %}
with

subscriptions as (
    select subscription_id, email_hash, person_id, started_at
    from {{ ref('int_subscription_starts') }}
),

records as (
    select * from {{ ref('int_sales_records') }}
),

deals as (
    select lead_id, deal_id, created_at from {{ ref('int_deals') }}
    where lead_id is not null and not is_deleted
),

candidates as (
    select
        subscriptions.subscription_id,
        subscriptions.started_at,
        records.*,
        'email' as matched_by,
        1 as match_rank
    from subscriptions
    inner join records on subscriptions.email_hash = records.email_hash
    union all
    select subscriptions.subscription_id, subscriptions.started_at, records.*, 'person', 2
    from subscriptions
    inner join records on subscriptions.person_id = records.person_id
),

measured as (
    select
        *,
        {{ dbt.datediff(local_date('created_at'), local_date('started_at'), 'day') }}
            as days_before, -- noqa: LT05
        abs({{ microseconds_between('created_at', 'started_at') }}) as distance
    from candidates
),

{# Sales may write a lead down a day late, and a deal when it is won; what came long before led to
   something else. #}
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
    from measured
    where
        days_before between -1 and {{ window }}
        or (record_type = 'deal' and days_before between -{{ window }} and {{ window }})
),

found as (
    select
        subscription_id,
        max(case when lead_rank = 1 then lead_id end) as lead_id,
        max(case when lead_rank = 1 and lead_id is not null then matched_by end) as matched_by,
        max(case when path_rank = 1 then trial_path end) as trial_path,
        max(case when path_rank = 1 and trial_path is not null then record_type end)
            as trial_path_source
    from ranked
    group by 1
),

first_deals as (
    select
        lead_id,
        deal_id,
        row_number() over (partition by lead_id order by created_at, deal_id) as place
    from deals
),

final as (
    select
        -- keys
        found.subscription_id,
        found.lead_id,
        first_deals.deal_id,
        -- attributes
        found.matched_by,
        found.trial_path,
        found.trial_path_source
    from found
    left join first_deals on found.lead_id = first_deals.lead_id and first_deals.place = 1
)

select * from final
