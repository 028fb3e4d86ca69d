{# A click that was paid for is never organic; one not known to be paid is never shown as paid. #}
with

traffic_sources as (
    select
        traffic_source,
        source_category
    from {{ ref('traffic_sources') }}
),

cases (case_number, source, utm_source, utm_medium, gclid, fbclid, expected) as (
    values
    (1, 'google', null, null, 'g', null, 'cpc'),
    (2, 'google', 'google', 'organic', 'g', null, 'cpc'),
    (3, 'google', 'blog', null, 'g', null, 'cpc'),
    (4, 'youtube', 'youtube', 'CPV ', 'g', null, 'cpv'),
    (5, 'gdn', 'gdn', 'banner', 'g', null, 'banner'),
    (6, 'google', 'google', 'organic', '', null, 'organic'),
    (7, 'facebook.com', null, null, null, 'f', 'social'),
    (8, 'facebook', 'facebook', 'paid_social', null, 'f', 'paid_social'),
    (9, 'facebook', 'facebook', null, null, 'f', null),
    (10, 'google', 'google', null, null, null, null),
    (11, 'google.de', null, null, null, null, 'organic'),
    (12, 'chatgpt.com', null, null, null, null, 'ai-assistant'),
    (13, 't.co', null, null, null, null, 'referral'),
    (14, 'b.io', null, null, null, null, 'referral'),
    (15, 'b.io', null, 'email', null, null, 'email'),
    (16, null, null, null, null, null, null)
),

with_medium as (
    select
        cases.*,
        {{ traffic_medium(
            'cases.source', 'traffic_sources.source_category', 'cases.utm_source',
            'cases.utm_medium', 'cases.gclid', 'cases.fbclid'
        ) }} as medium
    from cases
    left join traffic_sources on cases.source = traffic_sources.traffic_source
)

select *
from with_medium
where medium is distinct from expected
