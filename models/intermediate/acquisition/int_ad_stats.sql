{# What each campaign cost and brought on each day of its account, both platforms in one shape. Each
   platform restates its last days: the newest version of a row counts. #}
with

google as (
    select * from {{ ref('stg_google_ads__campaign_stats') }}
    where is_latest and campaign_id is not null
),

meta as (
    select * from {{ ref('stg_meta_ads__ad_insights') }}
    where is_latest and campaign_id is not null
),

{# Cost in millionths of the currency, which holds whatever either platform reports. #}
stats as (
    select
        'google_ads' as platform,
        account_id,
        campaign_id,
        campaign_name,
        channel_type as platform_campaign_type,
        currency,
        account_timezone,
        cast(coalesce(cost_micros, 0) as decimal(18, 0)) * 0.000001 as spend,
        impression_count,
        click_count,
        cast(conversion_count as double) as conversion_count,
        {{ major_units('conversion_value_cents', 'currency') }} as conversion_value,
        stat_date
    from google
    union all
    select
        'meta_ads',
        account_id,
        campaign_id,
        campaign_name,
        objective,
        currency,
        null,
        {{ major_units('coalesce(cost_cents, 0)', 'currency') }},
        impression_count,
        coalesce(link_click_count, click_count),
        cast(purchase_count as double),
        {{ major_units('purchase_value_cents', 'currency') }},
        stat_date
    from meta
),

final as (
    select
        -- keys
        platform,
        account_id,
        campaign_id,
        -- attributes
        currency,
        max(campaign_name) as campaign_name,
        max(platform_campaign_type) as platform_campaign_type,
        max(account_timezone) as account_timezone,
        -- measures
        cast(sum(spend) as decimal(18, 6)) as spend,
        cast(sum(impression_count) as bigint) as impression_count,
        cast(sum(click_count) as bigint) as click_count,
        sum(conversion_count) as conversion_count,
        cast(sum(conversion_value) as decimal(18, 3)) as conversion_value,
        -- times
        stat_date
    from stats
    group by 1, 2, 3, 4, 13
)

select * from final
