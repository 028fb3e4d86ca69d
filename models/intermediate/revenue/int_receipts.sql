{# Money that came in and went back, each on its own day. Who pays an invoice outside of Stripe
   leaves no charge: then the invoice stands for the money. #}
with

payments as (
    select * from {{ ref('int_payments') }}
    where currency is not null
),

invoices as (
    select * from {{ ref('int_invoices') }}
    where is_issued and paid_cents > 0 and currency is not null
),

charged as (
    select distinct account_id, invoice_id
    from payments
    where payment_kind = 'charge' and invoice_id is not null
),

received as (
    select
        account_id,
        payment_id as receipt_id,
        customer_id,
        invoice_id,
        payment_kind as receipt_kind,
        currency,
        amount_cents,
        paid_date as received_date
    from payments
    union all
    select
        invoices.account_id,
        invoices.invoice_id as receipt_id,
        invoices.customer_id,
        invoices.invoice_id,
        'invoice',
        invoices.currency,
        invoices.paid_cents,
        {{ local_date('coalesce(invoices.paid_at, invoices.issued_at)') }}
    from invoices
    left join charged
        on
            invoices.account_id = charged.account_id
            and invoices.invoice_id = charged.invoice_id
    where charged.invoice_id is null
),

final as (
    select
        -- keys
        account_id,
        receipt_id,
        customer_id,
        invoice_id,
        -- attributes
        receipt_kind,
        currency,
        -- measures
        {{ major_units('amount_cents', 'currency') }} as amount,
        -- times
        received_date
    from received
)

select * from final
