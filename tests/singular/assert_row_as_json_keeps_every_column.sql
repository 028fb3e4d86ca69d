{# A rejected row must be readable as it was, with what it lacks. #}
with

listed (case_number, name, sent_at, sent_date, is_bot) as (
    values
    (1, 'a "b"', '2025-01-01 10:00:00.120', '2025-01-01', true),
    (2, null, '2025-01-01 10:00:00', null, null),
    (3, '{"at":"x"}', null, null, false)
),

cases as (
    select
        case_number,
        name,
        cast(sent_at as timestamp) as sent_at,
        cast(sent_date as date) as sent_date,
        is_bot
    from listed
),

written as (
    select
        case_number,
        {{ row_as_json('cases') }} as written
    from cases
),

expectations (case_number, expected_name, expected_rest) as (
    values
    (1, 'a "b"', '"sent_at":"2025-01-01 10:00:00.12","sent_date":"2025-01-01","is_bot":true}'),
    (2, null, '"sent_at":"2025-01-01 10:00:00","sent_date":null,"is_bot":null}'),
    (3, '{"at":"x"}', '"sent_at":null,"sent_date":null,"is_bot":false}')
)

select written.*
from written
inner join expectations on written.case_number = expectations.case_number
where
    {{ json_text('written.written', 'name') }} is distinct from expectations.expected_name
    or right(written.written, length(expectations.expected_rest))
    is distinct from expectations.expected_rest
