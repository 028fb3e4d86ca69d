{# From the lines to the money: each difference between two totals has its reason as a column. What
   is taken off has a minus, so that a total is the sum of what stands before it. #}
with

invoices as (
    select *, {{ period_start('issued_date', "'month'") }} as month_start_date
    from {{ ref('int_invoices') }}
    where is_issued and currency is not null
),

payments as (
    select
        *,
        {{ period_start('paid_date', "'month'") }} as month_start_date,
        {{ period_start('invoice_issued_date', "'month'") }} as invoice_month_start_date
    from {{ ref('int_payments') }}
    where currency is not null
),

charged_invoices as (
    select account_id, invoice_id, sum(amount_cents) as charged_cents
    from payments
    where payment_kind = 'charge' and invoice_id is not null
    group by 1, 2
),

-- every row is one part of one month; the columns are added up below
parts as (
    select
        invoices.currency,
        invoices.month_start_date,
        invoices.line_cents,
        invoices.subtotal_cents - invoices.line_cents as missing_line_cents,
        -invoices.discount_cents as discount_cents,
        invoices.added_tax_cents as tax_cents,
        invoices.total_cents - invoices.subtotal_cents + invoices.discount_cents
        - invoices.added_tax_cents as adjustment_cents,
        invoices.total_cents as invoiced_cents,
        case when invoices.status = 'void' then -invoices.total_cents else 0 end as void_cents,
        case when invoices.status = 'uncollectible' then -invoices.remaining_cents else 0 end
            as uncollectible_cents,
        case when invoices.status in ('open', 'paid') then -invoices.remaining_cents else 0 end
            as open_cents,
        case
            when invoices.status = 'void' then 0
            else invoices.paid_cents + invoices.remaining_cents - invoices.total_cents
        end as balance_cents,
        case when charged_invoices.invoice_id is null then -invoices.paid_cents else 0 end
            as uncharged_cents,
        coalesce(charged_invoices.charged_cents - invoices.paid_cents, 0) as overcharged_cents,
        0 as other_month_cents,
        0 as uninvoiced_cents,
        0 as charged_cents,
        0 as refunded_cents
    from invoices
    left join charged_invoices
        on
            invoices.account_id = charged_invoices.account_id
            and invoices.invoice_id = charged_invoices.invoice_id
    union all
    select
        currency, month_start_date, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        case when month_start_date != invoice_month_start_date then amount_cents else 0 end,
        case when invoice_id is null then amount_cents else 0 end,
        amount_cents,
        0
    from payments
    where payment_kind = 'charge'
    union all
    select
        currency, invoice_month_start_date, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        -amount_cents, 0, 0, 0
    from payments
    where payment_kind = 'charge' and month_start_date != invoice_month_start_date
    union all
    select
        currency, month_start_date, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        amount_cents
    from payments
    where payment_kind = 'refund'
),

final as (
    select
        -- keys
        currency,
        -- measures
        {{ major_units('sum(line_cents)', 'currency') }} as line_amount,
        {{ major_units('sum(missing_line_cents)', 'currency') }} as missing_line_amount,
        {{ major_units('sum(discount_cents)', 'currency') }} as discount_amount,
        {{ major_units('sum(tax_cents)', 'currency') }} as tax_amount,
        {{ major_units('sum(adjustment_cents)', 'currency') }} as adjustment_amount,
        {{ major_units('sum(invoiced_cents)', 'currency') }} as invoiced_amount,
        {{ major_units('sum(void_cents)', 'currency') }} as void_amount,
        {{ major_units('sum(uncollectible_cents)', 'currency') }} as uncollectible_amount,
        {{ major_units('sum(open_cents)', 'currency') }} as open_amount,
        {{ major_units('sum(balance_cents)', 'currency') }} as balance_amount,
        {{ major_units('sum(uncharged_cents)', 'currency') }} as uncharged_amount,
        {{ major_units('sum(overcharged_cents)', 'currency') }} as overcharged_amount,
        {{ major_units('sum(other_month_cents)', 'currency') }} as other_month_amount,
        {{ major_units('sum(uninvoiced_cents)', 'currency') }} as uninvoiced_amount,
        {{ major_units('sum(charged_cents)', 'currency') }} as charged_amount,
        {{ major_units('sum(refunded_cents)', 'currency') }} as refunded_amount,
        {{ major_units('sum(charged_cents + refunded_cents)', 'currency') }} as net_amount,
        -- times
        month_start_date
    from parts
    group by 1, 19
)

select * from final
