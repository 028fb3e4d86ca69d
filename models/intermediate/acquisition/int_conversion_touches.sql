{# The visits that share in a conversion: those of the person not later than it and at most
   `attribution_window_days` earlier, to the microsecond. Without any the conversion has one row
   that stands for no visit, so that nothing is lost on the way. #}
{%- set of_conversion = 'partition by touches.conversion_kind, touches.conversion_id' %}
with

conversions as (
    select * from {{ ref('int_conversions') }}
),

touchpoints as (
    select * from {{ ref('int_touchpoints') }}
    where person_key in (select conversions.person_key from conversions)
),

campaigns as (
    select session_id, platform, campaign_id from {{ ref('int_session_campaigns') }}
),

touches as (
    select
        conversions.conversion_kind,
        conversions.conversion_id,
        conversions.person_key,
        touchpoints.session_id,
        coalesce(touchpoints.channel_group, 'Unattributed') as channel_group,
        touchpoints.occurred_at,
        {{ microseconds_between('touchpoints.occurred_at', 'conversions.credited_at') }}
            as microseconds_before
    from conversions
    left join touchpoints
        on
            conversions.person_key = touchpoints.person_key
            and conversions.credited_at >= touchpoints.occurred_at
            and touchpoints.occurred_at
            >= conversions.credited_at - interval {{ var('attribution_window_days') }} days
),

final as (
    select
        -- keys
        touches.conversion_kind,
        touches.conversion_id,
        touches.person_key,
        touches.session_id,
        campaigns.platform,
        campaigns.campaign_id,
        -- attributes
        touches.channel_group,
        -- measures
        cast(row_number() over (
            {{ of_conversion }} order by touches.occurred_at, touches.session_id
        ) as integer) as touch_number,
        cast(count(*) over ({{ of_conversion }}) as integer) as touch_count,
        cast(count(*) over ({{ of_conversion }}, touches.channel_group) as integer)
            as channel_touch_count,
        touches.microseconds_before,
        -- times, UTC
        touches.occurred_at
    from touches
    left join campaigns on touches.session_id = campaigns.session_id
)

select * from final
