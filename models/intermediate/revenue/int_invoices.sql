{# In the smallest unit, so that sums are exact. Stripe's tax is on top of the prices or within
   them; only on top does it lead from the subtotal to the total. #}
with

invoices as (
    select
        coalesce(account_id, '') as account_id,
        invoice_id,
        customer_id,
        subscription_id,
        charge_id,
        payment_intent_id,
        status,
        billing_reason,
        currency,
        subtotal_cents,
        {{ sum_of_amounts('discounts') }} as discount_cents,
        coalesce(tax_cents, {{ sum_of_amounts('taxes', 10) }}) as tax_cents,
        total_cents,
        amount_paid_cents,
        amount_remaining_cents,
        attempt_count,
        created_at,
        finalized_at,
        paid_at
    from {{ ref('stg_stripe__invoices') }}
    where is_latest and coalesce(is_live, true)
),

lines as (
    select
        coalesce(account_id, '') as account_id,
        invoice_id,
        sum(amount_cents) as line_cents,
        count(*) as line_count
    from {{ ref('stg_stripe__invoice_lines') }}
    where is_latest and coalesce(is_live, true)
    group by 1, 2
),

final as (
    select
        -- keys
        invoices.account_id,
        invoices.invoice_id,
        invoices.customer_id,
        invoices.subscription_id,
        invoices.charge_id,
        invoices.payment_intent_id,
        -- attributes
        invoices.status,
        invoices.billing_reason,
        invoices.currency,
        -- measures
        cast(coalesce(lines.line_count, 0) as bigint) as line_count,
        cast(coalesce(lines.line_cents, 0) as bigint) as line_cents,
        coalesce(invoices.subtotal_cents, 0) as subtotal_cents,
        invoices.discount_cents,
        case
            when invoices.total_cents = invoices.subtotal_cents - invoices.discount_cents then 0
            else invoices.tax_cents
        end as added_tax_cents,
        invoices.tax_cents,
        coalesce(invoices.total_cents, 0) as total_cents,
        coalesce(invoices.amount_paid_cents, 0) as paid_cents,
        case
            when invoices.status = 'void' then 0
            else coalesce(invoices.amount_remaining_cents, 0)
        end as remaining_cents,
        invoices.attempt_count,
        -- flags
        coalesce(invoices.status in ('open', 'paid', 'uncollectible', 'void'), false) as is_issued,
        -- times
        {{ local_date('coalesce(invoices.finalized_at, invoices.created_at)') }} as issued_date,
        invoices.created_at,
        coalesce(invoices.finalized_at, invoices.created_at) as issued_at,
        invoices.paid_at
    from invoices
    left join lines
        on
            invoices.account_id = lines.account_id
            and invoices.invoice_id = lines.invoice_id
)

select * from final
