with

source as (
    select * from {{ source('headwater', 'erasures') }}
),

final as (
    select
        -- keys
        request_id,
        source_name,
        table_name,
        -- measures
        deleted_count,
        pseudonymised_count,
        redacted_count,
        -- times, UTC
        requested_at,
        _landed_at as erased_at
    from source
)

select * from final
