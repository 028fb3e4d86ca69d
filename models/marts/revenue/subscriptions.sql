with

subscriptions as (
    select *, coalesce(account_id, '') as stripe_account_id
    from {{ ref('stg_stripe__subscriptions') }}
    where is_latest and coalesce(is_live, true)
),

items as (
    select * from {{ ref('int_subscription_items_now') }}
),

products as (
    select * from {{ ref('int_products') }}
),

billed as (
    select account_id, subscription_id, min(started_at) as first_billed_at
    from {{ ref('int_subscription_states') }}
    where is_billed
    group by 1, 2
),

recurring as (
    select
        account_id,
        subscription_id,
        sum(mrr_change) as mrr,
        sum(contract_value_change) as contract_value
    from {{ ref('int_mrr_changes') }}
    group by 1, 2
),

discounted as (
    select distinct account_id, subscription_id
    from {{ ref('int_subscription_discounts') }}
    where ended_at is null
),

persons as (
    select identifier_value as customer_id, person_id
    from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

final as (
    select
        -- keys
        subscriptions.stripe_account_id as account_id,
        subscriptions.subscription_id,
        subscriptions.customer_id,
        persons.person_id,
        items.price_id,
        -- attributes
        subscriptions.status,
        products.product_sku,
        coalesce(items.currency, subscriptions.currency) as currency,
        items.billing_interval,
        subscriptions.cancellation_reason,
        subscriptions.cancellation_feedback,
        case
            when subscriptions.trial_started_at is null then null
            when billed.first_billed_at is not null then 'converted'
            when subscriptions.status in ('canceled', 'incomplete_expired') then 'not_converted'
            else 'open'
        end as trial_outcome,
        -- measures
        coalesce(items.item_count, 0) as item_count,
        items.quantity,
        coalesce(items.unpriced_item_count, 0) as unpriced_item_count,
        items.monthly_amount,
        cast(coalesce(recurring.mrr, 0) as decimal(28, 8)) as mrr,
        cast(coalesce(recurring.mrr, 0) * 12 as decimal(28, 6)) as arr,
        cast(coalesce(recurring.contract_value, 0) as decimal(28, 8)) as contract_value,
        -- flags
        subscriptions.trial_started_at is not null as has_trial,
        subscriptions.pause_behavior is not null or subscriptions.status = 'paused' as is_paused,
        subscriptions.is_cancelled_at_period_end,
        discounted.subscription_id is not null as has_recurring_discount,
        -- times, UTC
        subscriptions.created_at,
        subscriptions.started_at,
        subscriptions.trial_started_at,
        subscriptions.trial_ended_at,
        billed.first_billed_at,
        subscriptions.cancelled_at,
        subscriptions.ended_at
    from subscriptions
    left join items
        on
            subscriptions.stripe_account_id = items.account_id
            and subscriptions.subscription_id = items.subscription_id
    left join products
        on
            items.account_id = products.account_id
            and items.product_id = products.product_id
    left join billed
        on
            subscriptions.stripe_account_id = billed.account_id
            and subscriptions.subscription_id = billed.subscription_id
    left join recurring
        on
            subscriptions.stripe_account_id = recurring.account_id
            and subscriptions.subscription_id = recurring.subscription_id
    left join discounted
        on
            subscriptions.stripe_account_id = discounted.account_id
            and subscriptions.subscription_id = discounted.subscription_id
    left join persons on subscriptions.customer_id = persons.customer_id
)

select * from final
