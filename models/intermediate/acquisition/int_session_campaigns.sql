{# The campaign that led to a session: by Google's click id, which says it exactly, else by
   utm_campaign, which may hold a campaign's tag or its number. A tag that two platforms use is told
   apart by the click id or the source. A view, so that an edited seed reaches every session. #}
with

tagged as (
    select
        session_id,
        session_date,
        is_bot,
        first_gclid,
        lower(trim(first_utm_campaign)) as utm_campaign,
        case
            when first_gclid is not null then 'google_ads'
            when lower(first_utm_source) in ('google', 'adwords', 'google_ads') then 'google_ads'
            when
                lower(first_utm_source) in ('facebook', 'fb', 'instagram', 'ig', 'meta')
                or first_fbclid is not null
                then 'meta_ads'
            when lower(first_utm_medium) in ('email', 'e-mail') then 'email'
            else 'other'
        end as likely_platform
    from {{ ref('int_sessions') }}
    where first_utm_campaign is not null or first_gclid is not null
),

campaigns as (
    select * from {{ ref('int_ad_campaigns') }}
),

clicks as (
    select gclid, campaign_id from {{ ref('stg_google_ads__click_views') }}
    where is_latest and campaign_id is not null
),

tags as (
    select utm_campaign as tag, platform, campaign_id, started_date, 1 as tag_rank from campaigns
    where utm_campaign is not null
    union all
    select campaign_id as tag, platform, campaign_id, started_date, 2 from campaigns
),

{# Of several campaigns with one tag on one platform, the one that started last. #}
ranked_tags as (
    select
        *,
        row_number() over (
            partition by tag, platform order by tag_rank asc, started_date desc, campaign_id asc
        ) as place,
        count(*) over (partition by tag) as same_tag_count
    from tags
),

final as (
    select
        -- keys
        tagged.session_id,
        case
            when clicks.campaign_id is not null then 'google_ads'
            else coalesce(own.platform, only_one.platform, tagged.likely_platform)
        end as platform,
        coalesce(
            clicks.campaign_id, own.campaign_id, only_one.campaign_id, tagged.utm_campaign
        ) as campaign_id,
        -- attributes
        tagged.utm_campaign,
        case
            when clicks.campaign_id is not null then 'click_id'
            when coalesce(own.campaign_id, only_one.campaign_id) is not null then 'utm_campaign'
            when tagged.utm_campaign is not null then 'unlisted_tag'
            else 'unknown_click'
        end as matched_by,
        -- flags
        tagged.is_bot,
        -- times
        tagged.session_date
    from tagged
    left join clicks on tagged.first_gclid = clicks.gclid
    left join ranked_tags as own
        on
            tagged.utm_campaign = own.tag
            and tagged.likely_platform = own.platform
            and own.place = 1
    left join ranked_tags as only_one
        on
            tagged.utm_campaign = only_one.tag
            and only_one.same_tag_count = 1
            and only_one.place = 1
)

select * from final
