with

erasures as (
    select * from {{ ref('stg_headwater__erasures') }}
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
        erased_at
    from erasures
)

select * from final
