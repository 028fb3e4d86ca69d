with

source as (
    select * from {{ source('stripe', 'charges') }}
),

final as (
    select
        -- keys
        id as charge_id,
        account as account_id,
        customer as customer_id,
        invoice as invoice_id,
        payment_intent as payment_intent_id,
        {{ hashed('email') }} as email_hash,
        -- attributes
        status,
        upper(currency) as currency,
        failure_code,
        outcome_type,
        risk_level,
        payment_method_type,
        {{ without_personal_fields('metadata') }} as metadata,
        -- measures
        amount as amount_cents,
        coalesce(amount_captured, case when captured and paid then amount else 0 end)
            as amount_captured_cents,
        coalesce(amount_refunded, 0) as amount_refunded_cents,
        -- flags
        paid as is_paid,
        captured as is_captured,
        refunded as is_refunded,
        coalesce(disputed, false) as is_disputed,
        livemode as is_live,
        {{ is_latest(['id', 'account'], ['version_at']) }} as is_latest,
        -- times, UTC
        created as created_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
