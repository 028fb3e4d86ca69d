{# What a platform knows or a visit came from. A campaign of the seed that neither has shown yet is
   left out, and one that nobody listed is here, without type. #}
with

known as (
    select * from {{ ref('int_ad_campaigns') }}
),

visits as (
    select
        platform,
        campaign_id,
        max(utm_campaign) as utm_campaign,
        count(*) filter (where not is_bot) as session_count,
        min(session_date) as first_session_date,
        max(session_date) as last_session_date
    from {{ ref('int_session_campaigns') }}
    where campaign_id is not null
    group by 1, 2
),

every as (
    select platform, campaign_id from known
    where is_on_platform
    union
    select platform, campaign_id from visits
),

final as (
    select
        -- keys
        every.platform,
        every.campaign_id,
        known.account_id,
        -- attributes
        coalesce(known.campaign_name, known.utm_campaign, visits.utm_campaign) as campaign_name,
        coalesce(known.utm_campaign, visits.utm_campaign) as utm_campaign,
        known.campaign_type,
        known.targeting,
        known.status,
        known.platform_campaign_type,
        -- measures
        coalesce(visits.session_count, 0) as session_count,
        -- flags
        coalesce(known.is_listed, false) as is_listed,
        coalesce(known.is_on_platform, false) as is_on_platform,
        -- times
        known.started_date,
        visits.first_session_date,
        visits.last_session_date
    from every
    left join known
        on every.platform = known.platform and every.campaign_id = known.campaign_id
    left join visits
        on every.platform = visits.platform and every.campaign_id = visits.campaign_id
)

select * from final
