with

source as (
    select * from {{ source('google_ads', 'click_views') }}
),

final as (
    select
        -- keys
        gclid,
        customer_id as account_id,
        campaign_id,
        ad_group_id,
        -- attributes
        keyword,
        keyword_match_type,
        -- flags
        {{ is_latest(['gclid']) }} as is_latest,
        -- times
        date as clicked_date,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
