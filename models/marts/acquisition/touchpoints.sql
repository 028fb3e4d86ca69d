{# A view: campaigns are looked up when it is read, so that an edited seed and a click that lands
   late reach every visit. #}
with

touchpoints as (
    select * from {{ ref('int_touchpoints') }}
),

campaigns as (
    select session_id, platform, campaign_id from {{ ref('int_session_campaigns') }}
),

final as (
    select
        -- keys
        replace(cast(touchpoints.session_id as string), '-', '') as session_id,
        cast(touchpoints.person_key as string) as person_id,
        campaigns.platform,
        campaigns.campaign_id,
        -- attributes
        touchpoints.channel_group,
        -- flags
        touchpoints.channel_group = 'Direct' as is_direct,
        -- times, UTC, and the local day
        touchpoints.occurred_at,
        touchpoints.session_date
    from touchpoints
    left join campaigns on touchpoints.session_id = campaigns.session_id
)

select * from final
