{# The SDK says where a person was; a browser on a phone is the web. #}
with

cases (case_number, library, operating_system, user_agent, expected) as (
    values
    (1, 'analytics.js', 'iOS', 'Mozilla/5.0 (iPhone)', 'web'),
    (2, 'posthog-ios', null, null, 'ios'),
    (3, 'iphone', 'iOS', null, 'ios'),
    (4, 'analytics-android', null, null, 'android'),
    (5, 'posthog-react-native', 'iOS', null, 'ios'),
    (6, 'flutter', 'Android', null, 'android'),
    (7, 'react-native', 'Windows', null, 'web'),
    (8, 'web', 'Mac OS X', 'Chrome/126.0 Electron/31.0', 'desktop'),
    (9, 'posthog-python', 'Linux', null, 'web'),
    (10, null, null, null, 'web')
)

select *
from cases
where {{ platform_of('library', 'operating_system', 'user_agent') }} is distinct from expected
