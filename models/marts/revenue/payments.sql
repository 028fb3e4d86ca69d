with

payments as (
    select * from {{ ref('int_payments') }}
),

persons as (
    select identifier_value as customer_id, person_id
    from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

final as (
    select
        -- keys
        payments.account_id,
        payments.payment_id,
        payments.charge_id,
        payments.invoice_id,
        payments.subscription_id,
        payments.customer_id,
        persons.person_id,
        -- attributes
        payments.payment_kind,
        payments.currency,
        payments.matched_by,
        -- measures
        {{ major_units('payments.amount_cents', 'payments.currency') }} as amount,
        -- times
        payments.paid_date,
        payments.paid_at
    from payments
    left join persons on payments.customer_id = persons.customer_id
)

select * from final
