{# The same id in two tools is two events; the same id in one tool is one event. #}
with

cases (case_number, left_source, left_id, right_source, right_id, is_same) as (
    values
    (1, 'amplitude', 'a', 'amplitude', 'a', true),
    (2, 'amplitude', 'a', 'mixpanel', 'a', false),
    (3, 'amplitude', 'a', 'amplitude', 'b', false)
)

select *
from cases
where
    (
        {{ event_key('left_source', 'left_id') }} = {{ event_key('right_source', 'right_id') }}
    ) is distinct from is_same
