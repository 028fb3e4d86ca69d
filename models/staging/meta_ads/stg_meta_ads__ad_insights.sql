with

source as (
    select * from {{ source('meta_ads', 'ad_insights') }}
),

final as (
    select
        -- keys
        ad_id,
        adset_id,
        campaign_id,
        account_id,
        -- attributes
        ad_name,
        adset_name,
        campaign_name,
        account_name,
        objective,
        upper(account_currency) as currency,
        actions,
        action_values,
        -- measures
        {{ minor_units('spend', 'account_currency') }} as cost_cents,
        impressions as impression_count,
        clicks as click_count,
        inline_link_clicks as link_click_count,
        reach as reach_count,
        {{ action_value('actions', 'purchase') }} as purchase_count,
        {{ minor_units(action_value('action_values', 'purchase'), 'account_currency') }}
            as purchase_value_cents,
        -- flags
        {{ is_latest(['date_start', 'account_id', 'campaign_id', 'adset_id', 'ad_id']) }}
            as is_latest,
        -- times
        date_start as stat_date,
        coalesce(date_stop, date_start) as stat_end_date,
        -- landing
        _landed_at as landed_at,
        _file as file_name,
        _row as row_number_in_file
    from source
)

select * from final
