{# Campaigns that are known: to a platform, by its list or its statistics, or to the company, by the
   seed listed_campaigns. #}
with

google as (
    select * from {{ ref('stg_google_ads__campaigns') }}
    where is_latest and campaign_id is not null
),

meta as (
    select * from {{ ref('stg_meta_ads__campaigns') }}
    where is_latest and campaign_id is not null
),

listed as (
    select * from {{ ref('listed_campaigns') }}
),

spent as (
    select
        platform,
        campaign_id,
        max(account_id) as account_id,
        max(campaign_name) as campaign_name,
        max(platform_campaign_type) as platform_campaign_type,
        min(stat_date) as first_date
    from {{ ref('int_ad_stats') }}
    group by 1, 2
),

named as (
    select
        'google_ads' as platform,
        campaign_id,
        account_id,
        campaign_name,
        lower(coalesce(
            {{ url_parameter("'?' || final_url_suffix", 'utm_campaign') }},
            {{ url_parameter('tracking_url_template', 'utm_campaign') }}
        )) as tagged_campaign,
        status,
        channel_type as platform_campaign_type,
        started_date
    from google
    union all
    select
        'meta_ads', campaign_id, account_id, campaign_name, null,
        coalesce(effective_status, status), objective,
        {{ local_date('coalesce(started_at, created_at)') }}
    from meta
),

every as (
    select platform, campaign_id from named
    union
    select platform, campaign_id from spent
    union
    select platform, campaign_id from listed
),

final as (
    select
        -- keys
        every.platform,
        every.campaign_id,
        coalesce(named.account_id, spent.account_id) as account_id,
        -- attributes
        coalesce(named.campaign_name, spent.campaign_name) as campaign_name,
        coalesce(
            listed.utm_campaign,
            named.tagged_campaign,
            lower(named.campaign_name),
            lower(spent.campaign_name)
        ) as utm_campaign,
        listed.campaign_type,
        listed.targeting,
        named.status,
        coalesce(named.platform_campaign_type, spent.platform_campaign_type)
            as platform_campaign_type,
        -- flags
        listed.campaign_id is not null as is_listed,
        named.campaign_id is not null or spent.campaign_id is not null as is_on_platform,
        -- times
        coalesce(named.started_date, spent.first_date) as started_date
    from every
    left join named
        on every.platform = named.platform and every.campaign_id = named.campaign_id
    left join spent
        on every.platform = spent.platform and every.campaign_id = spent.campaign_id
    left join listed
        on every.platform = listed.platform and every.campaign_id = listed.campaign_id
)

select * from final
