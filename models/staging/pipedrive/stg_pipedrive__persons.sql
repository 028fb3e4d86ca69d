with

source as (
    select * from {{ source('pipedrive', 'persons') }}
),

final as (
    select
        -- keys
        id as person_id,
        org_id as organization_id,
        owner_id,
        {{ hashed(primary_value('emails')) }} as email_hash,
        -- attributes
        marketing_status,
        -- flags
        coalesce(is_deleted, not active_flag, false) as is_deleted,
        {{ is_latest(['id'], ['update_time', 'add_time']) }} as is_latest,
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
