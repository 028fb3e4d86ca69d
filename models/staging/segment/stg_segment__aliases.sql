with

source as (
    select * from {{ source('segment', 'aliases') }}
),

final as (
    select
        -- keys
        'segment' as source_name,
        id as source_event_id,
        anonymous_id as device_id,
        user_id,
        previous_id,
        -- times, UTC
        coalesce(timestamp, original_timestamp, sent_at, received_at) as occurred_at,
        received_at,
        -- landing
        _landed_at as landed_at,
        landed_date,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
