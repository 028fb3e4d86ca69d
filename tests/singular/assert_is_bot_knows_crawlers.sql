{# Clients that name themselves are bots; a person's browser, and no text at all, are not. #}
with

cases (case_number, user_agent, expected) as (
    values
    (1, 'Mozilla/5.0 (compatible; Googlebot/2.1)', true),
    (2, 'HeadlessChrome/126.0', true),
    (3, 'Yahoo! Slurp', true),
    (4, 'facebookexternalhit preview', true),
    (5, 'Mozilla/5.0 (Macintosh) Chrome/126.0 Safari/537.36', false),
    (6, '', false),
    (8, 'CUBOT KingKong', false),
    (7, null, false)
)

select *
from cases
where {{ is_bot('user_agent') }} is distinct from expected
