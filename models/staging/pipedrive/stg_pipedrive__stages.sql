with

source as (
    select * from {{ source('pipedrive', 'stages') }}
),

final as (
    select
        -- keys
        id as stage_id,
        pipeline_id,
        -- attributes
        trim(name) as stage_name,
        -- measures
        order_nr as stage_order,
        deal_probability / 100 as win_rate,
        case when is_deal_rot_enabled then days_to_rotten end as rotten_after_days,
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
