{# Hosts are compared and looked up as bare names, and what is no web address has none. #}
with

cases (case_number, page_url, expected) as (
    values
    (1, 'https://www.Google.de/search?q=a', 'google.de'),
    (2, 'http://shop.example.co.uk:8080/path', 'shop.example.co.uk'),
    (3, ' https://a.io?x=https://b.io/', 'a.io'),
    (4, 'https://a.io#top', 'a.io'),
    (5, 'https://user:word@a.io/', 'a.io'),
    (6, 'https://wwwhere.io/', 'wwwhere.io'),
    (7, 'https://a.io/reach/me@b.io', 'a.io'),
    (8, 'android-app://com.google.android.gm/', 'com.google.android.gm'),
    (9, '/pricing?from=https://b.io', null),
    (10, 'about:blank', null),
    (11, 'file:///home/a.html', null),
    (12, '$direct', null),
    (13, '', null),
    (14, null, null)
)

select *
from cases
where {{ url_host('page_url') }} is distinct from expected
