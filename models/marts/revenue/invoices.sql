with

invoices as (
    select * from {{ ref('int_invoices') }}
),

paid as (
    select
        account_id,
        invoice_id,
        sum(case when payment_kind = 'charge' then amount_cents else 0 end) as charged_cents,
        sum(case when payment_kind = 'refund' then -amount_cents else 0 end) as refunded_cents
    from {{ ref('int_payments') }}
    where invoice_id is not null
    group by 1, 2
),

persons as (
    select identifier_value as customer_id, person_id
    from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

final as (
    select
        -- keys
        invoices.account_id,
        invoices.invoice_id,
        invoices.customer_id,
        invoices.subscription_id,
        persons.person_id,
        -- attributes
        invoices.status,
        invoices.billing_reason,
        invoices.currency,
        -- measures
        invoices.line_count,
        {{ major_units('invoices.line_cents', 'invoices.currency') }} as line_amount,
        {{ major_units('invoices.discount_cents', 'invoices.currency') }} as discount_amount,
        {{ major_units('invoices.tax_cents', 'invoices.currency') }} as tax_amount,
        {{ major_units('invoices.total_cents', 'invoices.currency') }} as total_amount,
        {{ major_units('invoices.paid_cents', 'invoices.currency') }} as paid_amount,
        {{ major_units('invoices.remaining_cents', 'invoices.currency') }} as remaining_amount,
        {{ major_units('coalesce(paid.charged_cents, 0)', 'invoices.currency') }} as charged_amount,
        {{ major_units('coalesce(paid.refunded_cents, 0)', 'invoices.currency') }}
            as refunded_amount,
        invoices.attempt_count,
        -- flags
        invoices.is_issued,
        coalesce(invoices.status = 'paid' and invoices.attempt_count > 1, false) as is_recovered,
        -- times
        invoices.issued_date,
        invoices.created_at,
        invoices.issued_at,
        invoices.paid_at
    from invoices
    left join paid
        on
            invoices.account_id = paid.account_id
            and invoices.invoice_id = paid.invoice_id
    left join persons on invoices.customer_id = persons.customer_id
)

select * from final
