{# Campaign names come encoded, and a broken address must not stop a build. #}
with

cases (case_number, page_url, expected) as (
    values
    (1, 'https://a.io/?utm_source=mail&utm_term=b', 'mail'),
    (2, 'https://a.io/?x=1&utm_source=Spring%20sale+1#top', 'Spring sale 1'),
    (3, 'https://a.io/?utm_source=first&utm_source=second', 'first'),
    (4, 'https://a.io/?my_utm_source=other', null),
    (5, 'https://a.io/?utm_source=', null),
    (6, 'https://a.io/?utm_source=%FF', null),
    (7, 'https://a.io/', null),
    (8, null, null)
)

select *
from cases
where {{ url_parameter('page_url', 'utm_source') }} is distinct from expected
