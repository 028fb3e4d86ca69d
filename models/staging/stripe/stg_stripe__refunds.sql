with

source as (
    select * from {{ source('stripe', 'refunds') }}
),

final as (
    select
        -- keys
        id as refund_id,
        account as account_id,
        charge as charge_id,
        payment_intent as payment_intent_id,
        -- attributes
        status,
        reason,
        failure_reason,
        upper(currency) as currency,
        {{ without_personal_fields('metadata') }} as metadata,
        -- measures
        amount as amount_cents,
        -- flags
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
