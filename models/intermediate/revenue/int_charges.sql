with

final as (
    select
        -- keys
        coalesce(account_id, '') as account_id,
        charge_id,
        customer_id,
        invoice_id,
        payment_intent_id,
        -- attributes
        currency,
        -- measures
        amount_captured_cents,
        -- times
        created_at
    from {{ ref('stg_stripe__charges') }}
    where
        is_latest
        and coalesce(is_live, true)
        and status = 'succeeded'
        and amount_captured_cents > 0
)

select * from final
