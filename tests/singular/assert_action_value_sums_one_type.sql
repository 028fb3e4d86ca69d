{# Types overlap, so one alone is summed; no such action is 0, a list that was not exported null. #}
with

cases (case_number, actions, expected) as (
    values
    (1, '[{"action_type":"purchase","value":"2"},{"action_type":"purchase","value":"1.5"}]', 3.5),
    (2, '[{"action_type":"purchase","value":"2"},{"action_type":"omni_purchase","value":"2"}]', 2),
    (3, '[{"action_type":"link_click","value":"7"}]', 0),
    (4, '[]', 0),
    (5, null, null)
)

select *
from cases
where {{ action_value('actions', 'purchase') }} is distinct from expected
