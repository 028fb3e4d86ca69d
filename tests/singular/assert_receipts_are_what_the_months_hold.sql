{# What came in and went back is what billing_by_month holds as charges, refunds, and invoices that
   were paid without a charge. #}
with

flows as (
    select currency, amount
    from {{ ref('int_receipts') }}
    union all
    select currency, uncharged_amount - charged_amount - refunded_amount
    from {{ ref('billing_by_month') }}
)

select currency, sum(amount) as difference
from flows
group by 1
having sum(amount) != 0
