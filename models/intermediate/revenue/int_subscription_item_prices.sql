with

changes as (
    select * from {{ ref('int_subscription_item_changes') }}
),

prices as (
    select *, coalesce(account_id, '') as stripe_account_id
    from {{ ref('stg_stripe__prices') }}
    where is_latest
),

priced as (
    select
        changes.account_id,
        changes.subscription_id,
        changes.subscription_item_id,
        changes.price_id,
        coalesce(changes.product_id, prices.product_id) as product_id,
        -- an amount and its currency come from the same place
        case
            when changes.unit_amount_cents is null
                then coalesce(prices.currency, changes.currency)
            else coalesce(changes.currency, prices.currency)
        end as currency,
        coalesce(changes.recurring_interval, prices.recurring_interval) as billing_interval,
        coalesce(changes.recurring_interval_count, prices.recurring_interval_count, 1)
            as billing_interval_count,
        coalesce(changes.unit_amount_cents, prices.unit_amount_cents_exact) as unit_amount_cents,
        case
            when coalesce(changes.usage_type, prices.usage_type) = 'metered' then 0
            else coalesce(changes.quantity, 1)
        end as quantity,
        changes.is_present,
        changes.changed_at,
        changes.version_at
    from changes
    left join prices
        on
            changes.account_id = prices.stripe_account_id
            and changes.price_id = prices.price_id
),

with_previous as (
    select
        *,
        lag(is_present) over items as was_present,
        lag(price_id) over items as previous_price_id,
        lag(unit_amount_cents) over items as previous_unit_amount_cents,
        lag(quantity) over items as previous_quantity
    from priced
    window items as (
        partition by account_id, subscription_item_id order by version_at
    )
),

stretches as (
    select
        *,
        lead(changed_at) over (
            partition by account_id, subscription_item_id order by version_at
        ) as next_changed_at
    from with_previous
    where
        was_present is null
        or is_present != was_present
        or price_id is distinct from previous_price_id
        or unit_amount_cents is distinct from previous_unit_amount_cents
        or quantity != previous_quantity
),

final as (
    select
        -- keys
        account_id,
        subscription_id,
        subscription_item_id,
        product_id,
        price_id,
        -- attributes
        currency,
        billing_interval,
        -- measures
        billing_interval_count,
        quantity,
        {{ major_units('unit_amount_cents', 'currency', 8) }} as unit_amount,
        {{ major_units('unit_amount_cents * quantity', 'currency', 8) }} as period_amount,
        {{ major_units(
            per_month('unit_amount_cents * quantity', 'billing_interval', 'billing_interval_count'),
            'currency', 8
        ) }} as monthly_amount,
        -- flags
        next_changed_at is null as is_current,
        -- times, UTC
        changed_at as started_at,
        next_changed_at as ended_at
    from stretches
    where is_present
)

select * from final
