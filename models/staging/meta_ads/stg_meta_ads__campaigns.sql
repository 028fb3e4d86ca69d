with

source as (
    select * from {{ source('meta_ads', 'campaigns') }}
),

final as (
    select
        -- keys
        id as campaign_id,
        account_id,
        -- attributes
        name as campaign_name,
        status,
        effective_status,
        objective,
        -- measures
        daily_budget as daily_budget_cents,
        lifetime_budget as lifetime_budget_cents,
        -- flags
        {{ is_latest(['id'], ['updated_time']) }} as is_latest,
        -- times, UTC
        created_time as created_at,
        updated_time as updated_at,
        start_time as started_at,
        stop_time as ended_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
