with

source as (
    select * from {{ source('headwater', 'rejected_rows') }}
),

final as (
    select
        -- keys
        source_name,
        table_name,
        -- attributes
        reason as reject_reason,
        field as field_name,
        detail,
        -- landing
        _landed_at as landed_at,
        landed_date,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
