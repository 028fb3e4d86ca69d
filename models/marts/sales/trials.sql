with

subscriptions as (
    select * from {{ ref('int_subscription_starts') }}
),

subscription_leads as (
    select * from {{ ref('int_subscription_leads') }}
),

as_of as (
    select * from {{ ref('int_sales_as_of') }}
),

begun as (
    select
        *,
        coalesce(trial_started_at, started_at) as begun_at,
        trial_started_at is not null as is_trial
    from subscriptions
    where trial_started_at is not null or first_paid_at is not null
),

final as (
    select
        -- keys
        begun.subscription_id,
        begun.person_id,
        begun.customer_id,
        subscription_leads.lead_id,
        subscription_leads.deal_id,
        -- attributes
        case
            when not begun.is_trial then 'no_trial'
            else coalesce(subscription_leads.trial_path, 'unknown')
        end as trial_path,
        case when begun.is_trial then subscription_leads.trial_path_source end
            as trial_path_source,
        subscription_leads.matched_by as lead_matched_by,
        case
            when begun.first_paid_at is not null then 'converted'
            when begun.ended_at is not null then 'expired'
            else 'open'
        end as outcome,
        begun.product_sku,
        begun.billing_interval,
        begun.currency,
        -- measures
        cast({{ dbt.datediff(
            local_date('begun.begun_at'), local_date('begun.first_paid_at'), 'day'
        ) }} as integer) as days_to_convert, -- noqa: LT05
        -- flags
        begun.is_trial,
        coalesce(
            begun.begun_at + interval {{ var('trial_window_days') }} days
            <= as_of.billing_as_of_at,
            false
        ) as is_mature,
        -- times, UTC, and local days
        begun.begun_at as started_at,
        {{ local_date('begun.begun_at') }} as started_date,
        begun.trial_ended_at,
        begun.first_paid_at as converted_at,
        {{ local_date('begun.first_paid_at') }} as converted_date,
        case when begun.first_paid_at is null then begun.ended_at end as expired_at
    from begun
    left join subscription_leads on begun.subscription_id = subscription_leads.subscription_id
    cross join as_of
)

select * from final
