{# Sessions of humans by channel. Few combinations of source, tags and clicks occur, so they are
   counted first and the rules of the channels asked of few rows. #}
with

visits as (
    select
        session_date,
        first_traffic_source as traffic_source,
        first_utm_source as utm_source,
        first_utm_medium as utm_medium,
        first_utm_campaign as utm_campaign,
        case when first_gclid is not null then 'gclid' end as gclid,
        case when first_fbclid is not null then 'fbclid' end as fbclid,
        count(*) as session_count
    from {{ ref('int_sessions') }}
    where not is_bot
    group by 1, 2, 3, 4, 5, 6, 7
),

traffic_sources as (
    select traffic_source, source_category from {{ ref('traffic_sources') }}
),

grouped as (
    select
        visits.session_date,
        visits.session_count,
        {{ channel_group('visits.traffic_source',
            traffic_medium('visits.traffic_source', 'traffic_sources.source_category',
                'visits.utm_source', 'visits.utm_medium', 'visits.gclid', 'visits.fbclid'),
            'visits.utm_campaign', 'traffic_sources.source_category') }} as channel_group
    from visits
    left join traffic_sources on visits.traffic_source = traffic_sources.traffic_source
),

final as (
    select
        -- keys
        channel_group,
        -- measures
        cast(sum(session_count) as bigint) as session_count,
        -- times
        session_date
    from grouped
    group by 1, 3
)

select * from final
