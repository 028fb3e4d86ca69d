{# Exports since API 2025-03-31 name no invoice on a charge. What no id links is paired by customer,
   amount and day, the first charge of the day with the first invoice: both are of one Stripe. #}
with

invoices as (
    select * from {{ ref('int_invoices') }}
    where is_issued
),

charges as (
    select * from {{ ref('int_charges') }}
),

named as (
    select charges.account_id, charges.charge_id, invoices.invoice_id, 1 as rule_number
    from charges
    inner join invoices
        on
            charges.account_id = invoices.account_id
            and charges.invoice_id = invoices.invoice_id
    union all
    select charges.account_id, charges.charge_id, invoices.invoice_id, 2
    from charges
    inner join invoices
        on
            charges.account_id = invoices.account_id
            and charges.charge_id = invoices.charge_id
    union all
    select charges.account_id, charges.charge_id, invoices.invoice_id, 3
    from charges
    inner join invoices
        on
            charges.account_id = invoices.account_id
            and charges.payment_intent_id = invoices.payment_intent_id
),

linked as (
    select
        account_id,
        charge_id,
        invoice_id,
        'id' as matched_by,
        row_number() over (
            partition by account_id, charge_id order by rule_number, invoice_id
        ) as place
    from named
),

open_charges as (
    select
        charges.*,
        row_number() over (
            partition by
                charges.account_id,
                charges.customer_id,
                charges.currency,
                charges.amount_captured_cents,
                cast(charges.created_at as date)
            order by charges.created_at, charges.charge_id
        ) as place
    from charges
    left join linked
        on
            charges.account_id = linked.account_id
            and charges.charge_id = linked.charge_id
    where linked.charge_id is null
),

open_invoices as (
    select
        invoices.*,
        row_number() over (
            partition by
                invoices.account_id,
                invoices.customer_id,
                invoices.currency,
                invoices.paid_cents,
                cast(invoices.paid_at as date)
            order by invoices.paid_at, invoices.invoice_id
        ) as place
    from invoices
    left join linked
        on
            invoices.account_id = linked.account_id
            and invoices.invoice_id = linked.invoice_id
    where linked.invoice_id is null
),

final as (
    select account_id, charge_id, invoice_id, matched_by
    from linked
    where place = 1
    union all
    select
        open_charges.account_id,
        open_charges.charge_id,
        open_invoices.invoice_id,
        'customer_amount_day'
    from open_charges
    inner join open_invoices
        on
            open_charges.account_id = open_invoices.account_id
            and open_charges.customer_id = open_invoices.customer_id
            and open_charges.currency = open_invoices.currency
            and open_charges.amount_captured_cents = open_invoices.paid_cents
            and cast(open_charges.created_at as date) = cast(open_invoices.paid_at as date)
            and open_charges.place = open_invoices.place
)

select * from final
