with

source as (
    select * from {{ source('stripe', 'products') }}
),

final as (
    select
        -- keys
        id as product_id,
        account as account_id,
        default_price as default_price_id,
        -- attributes
        upper(trim({{ json_text('metadata', 'sku') }})) as product_sku,
        name as product_name,
        unit_label,
        {{ without_personal_fields('metadata') }} as metadata,
        -- flags
        active as is_active,
        coalesce(deleted, false) as is_deleted,
        livemode as is_live,
        {{ is_latest(['id', 'account'], ['updated']) }} as is_latest,
        -- times, UTC
        created as created_at,
        updated as updated_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
