{# Tags go before click ids, those before the referrer; a visit's own site is never its source. #}
with

cases (case_number, utm_source, utm_medium, gclid, fbclid, referrer, page_url, expected) as (
    values
    (1, ' Newsletter', 'email', null, 'f', 'https://t.co/x', 'https://a.io/', 'newsletter'),
    (2, null, null, 'g', null, null, 'https://a.io/', 'google'),
    (3, 'blog', 'organic', 'g', null, null, 'https://a.io/', 'google'),
    (4, 'blog', null, 'g', null, null, 'https://a.io/', 'google'),
    (5, 'youtube', 'cpv', 'g', null, null, 'https://a.io/', 'youtube'),
    (6, 'gdn', 'Display', 'g', null, null, 'https://a.io/', 'gdn'),
    (7, null, 'cpc', 'g', null, 'https://b.io/', 'https://a.io/', 'google'),
    (8, 'blog', 'organic', '', null, null, 'https://a.io/', 'blog'),
    (9, null, null, null, 'f', 'https://b.io/', 'https://a.io/', 'facebook.com'),
    (10, '', null, '', '', 'https://www.Bing.com/', 'https://a.io/', 'bing.com'),
    (11, null, null, null, null, 'https://www.a.io/x', 'https://a.io/', null),
    (12, null, null, null, null, 'https://a.io/x', 'https://shop.a.io/', null),
    (13, null, null, null, null, 'https://shop.a.io/x', 'https://a.io/', null),
    (14, null, null, null, null, 'https://nota.io/x', 'https://a.io/', 'nota.io'),
    (15, null, null, null, null, 'https://a.io/x', 'https://nota.io/', 'a.io'),
    (16, null, null, null, null, 'https://b.io/', null, 'b.io'),
    (17, null, 'email', null, null, 'https://b.io/', 'https://a.io/', 'b.io'),
    (18, null, null, null, null, null, 'https://a.io/', null)
)

select *
from cases
where
    {{ traffic_source(
        'utm_source', 'utm_medium', 'gclid', 'fbclid', 'referrer', 'page_url'
    ) }} is distinct from expected
