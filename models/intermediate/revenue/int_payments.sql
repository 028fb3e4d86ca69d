{# In the smallest unit. A refund stands on its own day, however long after the charge. #}
with

charges as (
    select * from {{ ref('int_charges') }}
),

refunds as (
    select
        coalesce(account_id, '') as account_id,
        refund_id,
        charge_id,
        payment_intent_id,
        currency,
        amount_cents,
        created_at
    from {{ ref('stg_stripe__refunds') }}
    where
        is_latest
        and coalesce(is_live, true)
        and coalesce(status not in ('failed', 'canceled'), true)
),

matches as (
    select * from {{ ref('int_charged_invoices') }}
),

invoices as (
    select account_id, invoice_id, subscription_id, issued_date
    from {{ ref('int_invoices') }}
),

-- of several charges of a payment intent one at most succeeded
of_charges as (
    select
        refunds.*,
        coalesce(by_id.charge_id, by_intent.charge_id) as refunded_charge_id,
        coalesce(by_id.customer_id, by_intent.customer_id) as customer_id
    from refunds
    left join charges as by_id
        on
            refunds.account_id = by_id.account_id
            and refunds.charge_id = by_id.charge_id
    left join charges as by_intent
        on
            refunds.account_id = by_intent.account_id
            and refunds.charge_id is null
            and refunds.payment_intent_id = by_intent.payment_intent_id
),

moved as (
    select
        account_id,
        charge_id as payment_id,
        charge_id,
        customer_id,
        'charge' as payment_kind,
        currency,
        amount_captured_cents as amount_cents,
        created_at as paid_at
    from charges
    union all
    select
        account_id,
        refund_id,
        coalesce(refunded_charge_id, charge_id),
        customer_id,
        'refund',
        currency,
        -amount_cents,
        created_at
    from of_charges
),

final as (
    select
        -- keys
        moved.account_id,
        moved.payment_id,
        moved.charge_id,
        moved.customer_id,
        matches.invoice_id,
        invoices.subscription_id,
        -- attributes
        moved.payment_kind,
        moved.currency,
        matches.matched_by,
        -- measures
        moved.amount_cents,
        -- times
        {{ local_date('moved.paid_at') }} as paid_date,
        moved.paid_at,
        invoices.issued_date as invoice_issued_date
    from moved
    left join matches
        on
            moved.account_id = matches.account_id
            and moved.charge_id = matches.charge_id
    left join invoices
        on
            matches.account_id = invoices.account_id
            and matches.invoice_id = invoices.invoice_id
)

select * from final
