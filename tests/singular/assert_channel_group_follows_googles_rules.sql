{# One visit per rule, and those where two rules compete or a word only looks like the rule's. #}
with

traffic_sources as (
    select
        traffic_source,
        source_category
    from {{ ref('traffic_sources') }}
),

cases (case_number, source, medium, campaign, expected) as (
    values
    (1, null, null, null, 'Direct'),
    (2, '(direct)', '(none)', null, 'Direct'),
    (3, '(direct)', '(not set)', 'spring', 'Direct'),
    (4, 'google', 'cpc', 'EU Cross-Network 1', 'Cross-network'),
    (5, 'ebay', 'cpc', null, 'Paid Shopping'),
    (6, 'google', 'cpc', 'spring_shop', 'Paid Shopping'),
    (7, 'google', 'cpc', 'shop', 'Paid Shopping'),
    (8, 'google', 'cpc', 'our eShop', 'Paid Shopping'),
    (9, 'google', 'cpc', 'Shopping-EU', 'Paid Shopping'),
    (10, 'google', 'cpc', 'workshop', 'Paid Search'),
    (11, 'google', 'cpc', null, 'Paid Search'),
    (12, 'bing', 'PPC', null, 'Paid Search'),
    (13, 'google', 'cpm', null, 'Paid Search'),
    (14, 'facebook', 'paid_social', null, 'Paid Social'),
    (15, 'instagram.com', 'retargeting', null, 'Paid Social'),
    (16, 'youtube', 'cpv', null, 'Paid Video'),
    (17, 'adnet', 'cpm', null, 'Display'),
    (18, 'google', 'display', null, 'Display'),
    (19, 'facebook', 'Banner', null, 'Display'),
    (20, 'adnet', 'cpc', null, 'Paid Other'),
    (21, 'chatgpt.com', 'cpc', null, 'Paid Other'),
    (22, 'chatgpt.com', 'ai-assistant', null, 'AI Assistant'),
    (23, 'chatgpt.com', null, null, 'AI Assistant'),
    (24, 'newbot.example', 'ai-assistant', null, 'AI Assistant'),
    (25, 'etsy.com', 'referral', null, 'Organic Shopping'),
    (26, 'newsletter', 'email', 'spring-shop', 'Organic Shopping'),
    (27, 'facebook.com', 'social', null, 'Organic Social'),
    (28, 't.co', 'referral', null, 'Organic Social'),
    (29, 'forum', 'SM', null, 'Organic Social'),
    (30, 'vimeo.com', 'referral', null, 'Organic Video'),
    (31, 'partner', 'video-post', null, 'Organic Video'),
    (32, 'google.de', 'organic', null, 'Organic Search'),
    (33, 'google', null, null, 'Organic Search'),
    (34, 'smallsearch', 'organic', null, 'Organic Search'),
    (35, 'b.io', 'referral', null, 'Referral'),
    (36, 'partner', 'link', null, 'Referral'),
    (37, 'newsletter', 'email', null, 'Email'),
    (38, 'newsletter', 'E-Mail', 'workshop', 'Email'),
    (39, 'email', null, null, 'Email'),
    (40, 'partner', 'affiliate', null, 'Affiliates'),
    (41, 'podcast', 'audio', null, 'Audio'),
    (42, 'SMS', null, null, 'SMS'),
    (43, 'twilio', 'sms', null, 'SMS'),
    (44, 'braze', 'webpush', null, 'Mobile Push Notifications'),
    (45, 'braze', 'mobile_app', null, 'Mobile Push Notifications'),
    (46, 'firebase', null, null, 'Mobile Push Notifications'),
    (47, 'braze', 'pushed', null, 'Unassigned'),
    (48, 'newsletter', null, null, 'Unassigned'),
    (49, 'partner', 'affiliates', null, 'Unassigned')
),

grouped as (
    select
        cases.*,
        {{ channel_group(
            'cases.source', 'cases.medium', 'cases.campaign', 'traffic_sources.source_category'
        ) }} as channel_group
    from cases
    left join traffic_sources on cases.source = traffic_sources.traffic_source
),

-- the whole way from a landing page's address: a paid click that calls itself organic
landings (utm_source, utm_medium, gclid) as (
    values ('google', 'organic', 'g'), (null, null, 'g')
),

with_source as (
    select
        *,
        {{ traffic_source('utm_source', 'utm_medium', 'gclid', 'null', 'null', 'null') }} as source
    from landings
),

with_medium as (
    select
        with_source.source,
        traffic_sources.source_category,
        {{ traffic_medium(
            'with_source.source', 'traffic_sources.source_category', 'with_source.utm_source',
            'with_source.utm_medium', 'with_source.gclid', 'null'
        ) }} as medium
    from with_source
    left join traffic_sources on with_source.source = traffic_sources.traffic_source
),

paid_clicks as (
    select
        0 as case_number,
        'Paid Search' as expected,
        {{ channel_group('source', 'medium', 'null', 'source_category') }} as channel_group
    from with_medium
),

final as (
    select
        case_number,
        expected,
        channel_group
    from grouped
    union all
    select
        case_number,
        expected,
        channel_group
    from paid_clicks
)

select *
from final
where channel_group is distinct from expected
