with

source as (
    select * from {{ source('stripe', 'prices') }}
),

final as (
    select
        -- keys
        id as price_id,
        account as account_id,
        product as product_id,
        lookup_key,
        -- attributes
        type as price_type,
        recurring_interval,
        recurring_usage_type as usage_type,
        billing_scheme,
        upper(currency) as currency,
        nickname,
        {{ without_personal_fields('metadata') }} as metadata,
        -- measures
        unit_amount as unit_amount_cents,
        coalesce(unit_amount_decimal, cast(unit_amount as decimal(28, 12)))
            as unit_amount_cents_exact,
        recurring_interval_count,
        trial_period_days,
        -- flags
        active as is_active,
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
