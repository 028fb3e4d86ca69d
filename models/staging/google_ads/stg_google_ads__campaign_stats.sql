with

source as (
    select * from {{ source('google_ads', 'campaign_stats') }}
),

final as (
    select
        -- keys
        campaign_id,
        customer_id as account_id,
        -- attributes
        campaign_name,
        campaign_status,
        advertising_channel_type as channel_type,
        ad_network_type,
        device,
        hour as hour_of_day,
        time_zone as account_timezone,
        upper(currency) as currency,
        -- measures
        cost_micros,
        {{ minor_units('cost_micros * 0.000001', 'currency') }} as cost_cents,
        impressions as impression_count,
        clicks as click_count,
        conversions as conversion_count,
        {{ minor_units('cast(conversions_value as decimal(24, 6))', 'currency') }}
            as conversion_value_cents,
        view_through_conversions as view_through_conversion_count,
        -- flags
        {{ is_latest(['date', 'customer_id', 'campaign_id', 'hour', 'device', 'ad_network_type']) }}
            as is_latest,
        -- times
        date as stat_date,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
