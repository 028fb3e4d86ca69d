{# How far the bills tell: months after the last thing that Stripe dates must not look flat. #}
with

told as (
    select max(version_at) as told_at from {{ ref('stg_stripe__subscriptions') }}
    where coalesce(is_live, true)
    union all
    select max(version_at) from {{ ref('stg_stripe__subscription_items') }}
    where coalesce(is_live, true)
    union all
    select max(created_at) from {{ ref('stg_stripe__invoices') }}
    where coalesce(is_live, true) and invoice_id is not null
    union all
    select max(created_at) from {{ ref('stg_stripe__charges') }}
    where coalesce(is_live, true)
),

final as (
    select
        max(told_at) as ended_at,
        {{ local_date('max(told_at)') }} as end_date
    from told
    having max(told_at) is not null
)

select * from final
