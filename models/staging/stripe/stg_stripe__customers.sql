with

source as (
    select * from {{ source('stripe', 'customers') }}
),

final as (
    select
        -- keys
        id as customer_id,
        account as account_id,
        {{ json_text('metadata', 'user_id') }} as user_id,
        {{ hashed('email') }} as email_hash,
        -- attributes
        upper(currency) as currency,
        country,
        {{ without_personal_fields('metadata') }} as metadata,
        -- measures
        balance as balance_cents,
        -- flags
        delinquent as is_delinquent,
        coalesce(deleted, false) as is_deleted,
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
