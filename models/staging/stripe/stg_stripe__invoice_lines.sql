with

source as (
    select * from {{ source('stripe', 'invoice_lines') }}
),

final as (
    select
        -- keys
        id as invoice_line_id,
        account as account_id,
        invoice as invoice_id,
        subscription as subscription_id,
        subscription_item as subscription_item_id,
        price as price_id,
        product as product_id,
        -- attributes
        case
            when type like 'subscription%' then 'subscription'
            when type like 'invoice%' then 'invoice_item'
        end as line_type,
        upper(currency) as currency,
        discount_amounts as discounts,
        taxes,
        -- measures
        amount as amount_cents,
        quantity,
        -- flags
        coalesce(proration, false) as is_proration,
        livemode as is_live,
        {{ is_latest(['id', 'account'], ['version_at']) }} as is_latest,
        -- times, UTC
        period_start as period_started_at,
        period_end as period_ended_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
