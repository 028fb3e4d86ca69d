with

source as (
    select * from {{ source('google_ads', 'campaigns') }}
),

final as (
    select
        -- keys
        id as campaign_id,
        customer_id as account_id,
        -- attributes
        name as campaign_name,
        status,
        advertising_channel_type as channel_type,
        tracking_url_template,
        final_url_suffix,
        -- flags
        {{ is_latest(['id'], ['updated_at']) }} as is_latest,
        -- times
        start_date as started_date,
        nullif(end_date, cast('2037-12-30' as date)) as ended_date,
        updated_at,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
