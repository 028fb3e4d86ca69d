with

source as (
    select * from {{ source('segment', 'groups') }}
),

parsed as (
    select
        *,
        {{ json_struct('traits', ['name']) }} as trait
    from source
),

final as (
    select
        -- keys
        'segment' as source_name,
        id as source_event_id,
        group_id as account_id,
        anonymous_id as device_id,
        user_id,
        -- attributes
        trait.name as account_name,
        {{ without_personal_fields('traits') }} as properties,
        -- times, UTC
        coalesce(timestamp, original_timestamp, sent_at, received_at) as occurred_at,
        received_at,
        -- landing
        _landed_at as landed_at,
        landed_date,
        _file as file_name,
        _row as row_number_in_file
    from parsed
)

select * from final
