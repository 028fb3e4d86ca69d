with

source as (
    select * from {{ source('pipedrive', 'deal_fields') }}
),

final as (
    select
        -- keys
        field_key,
        -- attributes
        trim(field_name) as field_name,
        field_type,
        options,
        -- flags
        coalesce(length(field_key) = 40, false) as is_custom,
        {{ is_latest(['field_key'], ['update_time']) }} as is_latest,
        -- times, UTC
        add_time as created_at,
        update_time as updated_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
