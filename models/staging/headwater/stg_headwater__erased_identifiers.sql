with

source as (
    select * from {{ source('headwater', 'erased_identifiers') }}
),

final as (
    select
        -- keys
        request_id,
        identifier_hash,
        -- attributes
        identifier_type,
        -- times, UTC
        _landed_at as erased_at
    from source
)

select * from final
