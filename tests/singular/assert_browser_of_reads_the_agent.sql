{# Every browser claims to be others too; the last claim to be true is the narrowest. #}
with

cases (case_number, user_agent, expected) as (
    values
    (1, 'Mozilla/5.0 AppleWebKit/537.36 Chrome/126.0 Safari/537.36', 'Chrome'),
    (2, 'Mozilla/5.0 AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0', 'Edge'),
    (3, 'Mozilla/5.0 AppleWebKit/537.36 Chrome/126.0 Safari/537.36 OPR/112.0', 'Opera'),
    (4, 'Mozilla/5.0 (iPhone) AppleWebKit/605.1 CriOS/126.0 Safari/604.1', 'Chrome'),
    (5, 'Mozilla/5.0 (iPhone) AppleWebKit/605.1 Version/17.5 Safari/604.1', 'Safari'),
    (6, 'Mozilla/5.0 Gecko/20100101 Firefox/127.0', 'Firefox'),
    (7, 'SamsungBrowser/25.0 Chrome/121.0 Safari/537.36', 'Samsung Internet'),
    (8, 'curl/8.0', null),
    (9, null, null)
)

select *
from cases
where {{ browser_of('user_agent') }} is distinct from expected
