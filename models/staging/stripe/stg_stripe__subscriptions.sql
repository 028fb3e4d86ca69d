with

source as (
    select * from {{ source('stripe', 'subscriptions') }}
),

final as (
    select
        -- keys
        id as subscription_id,
        account as account_id,
        customer as customer_id,
        latest_invoice as latest_invoice_id,
        -- attributes
        status,
        upper(currency) as currency,
        collection_method,
        cancellation_reason,
        cancellation_feedback,
        pause_behavior,
        discounts,
        {{ without_personal_fields('metadata') }} as metadata,
        -- flags
        coalesce(cancel_at_period_end, false) as is_cancelled_at_period_end,
        livemode as is_live,
        {{ is_latest(['id', 'account'], ['version_at']) }} as is_latest,
        -- times, UTC
        created as created_at,
        coalesce(start_date, created) as started_at,
        trial_start as trial_started_at,
        trial_end as trial_ended_at,
        current_period_start as current_period_started_at,
        current_period_end as current_period_ended_at,
        cancel_at as cancels_at,
        canceled_at as cancelled_at,
        ended_at,
        coalesce(version_at, _landed_at) as version_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
