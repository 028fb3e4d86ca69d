{# How each subscription began: on trial or paid at once. It is paid when its first invoice above
   zero is; where the company exports no invoice of it, when Stripe calls it active. #}
with

versions as (
    select * from {{ ref('stg_stripe__subscriptions') }}
    where subscription_id is not null and coalesce(is_live, true)
),

invoices as (
    select subscription_id, status, total_cents, coalesce(paid_at, created_at) as paid_at
    from {{ ref('stg_stripe__invoices') }}
    where is_latest and subscription_id is not null
),

customers as (
    select coalesce(account_id, '') as account_id, customer_id, email_hash
    from {{ ref('stg_stripe__customers') }}
    where is_latest
),

persons as (
    select identifier_value, person_id from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

first_items as (
    select * from {{ ref('int_first_subscription_items') }}
),

seen_active as (
    select subscription_id
    from versions
    where status in ('active', 'past_due', 'unpaid')
    group by 1
),

paid as (
    select
        subscription_id,
        min(case when status = 'paid' and total_cents > 0 then paid_at end) as first_paid_at
    from invoices
    group by 1
),

final as (
    select
        -- keys
        versions.subscription_id,
        versions.customer_id,
        persons.person_id,
        customers.email_hash,
        -- attributes
        versions.status,
        first_items.product_sku,
        first_items.billing_interval,
        versions.currency,
        -- times, UTC
        versions.started_at,
        versions.trial_started_at,
        versions.trial_ended_at,
        case
            when paid.subscription_id is not null then paid.first_paid_at
            when seen_active.subscription_id is not null
                then coalesce(versions.trial_ended_at, versions.started_at)
        end as first_paid_at,
        case
            when versions.status in ('canceled', 'incomplete_expired')
                then coalesce(versions.ended_at, versions.cancelled_at, versions.trial_ended_at)
        end as ended_at
    from versions
    left join paid on versions.subscription_id = paid.subscription_id
    left join seen_active on versions.subscription_id = seen_active.subscription_id
    left join first_items on versions.subscription_id = first_items.subscription_id
    left join customers
        on
            coalesce(versions.account_id, '') = customers.account_id
            and versions.customer_id = customers.customer_id
    left join persons on versions.customer_id = persons.identifier_value
    where versions.is_latest
)

select * from final
