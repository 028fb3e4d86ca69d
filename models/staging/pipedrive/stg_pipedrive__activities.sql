with

source as (
    select * from {{ source('pipedrive', 'activities') }}
),

final as (
    select
        -- keys
        id as activity_id,
        lead_id,
        deal_id,
        person_id,
        org_id as organization_id,
        owner_id,
        -- attributes
        lower(type) as activity_type,
        subject,
        -- flags
        coalesce(done, false) as is_done,
        coalesce(is_deleted, not active_flag, false) as is_deleted,
        {{ is_latest(['id'], ['update_time', 'add_time']) }} as is_latest,
        -- times, UTC
        due_date,
        add_time as created_at,
        update_time as updated_at,
        marked_as_done_time as done_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
