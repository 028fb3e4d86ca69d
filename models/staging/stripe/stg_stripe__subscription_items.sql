with

source as (
    select * from {{ source('stripe', 'subscription_items') }}
),

final as (
    select
        -- keys
        id as subscription_item_id,
        account as account_id,
        subscription as subscription_id,
        price as price_id,
        product as product_id,
        -- attributes
        recurring_interval,
        usage_type,
        upper(currency) as currency,
        {{ without_personal_fields('metadata') }} as metadata,
        -- measures
        unit_amount as unit_amount_cents,
        recurring_interval_count,
        quantity,
        -- flags
        coalesce(deleted, false) as is_deleted,
        livemode as is_live,
        {{ is_latest(['id', 'account'], ['version_at']) }} as is_latest,
        -- times, UTC
        created as created_at,
        current_period_start as current_period_started_at,
        current_period_end as current_period_ended_at,
        coalesce(version_at, _landed_at) as version_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
