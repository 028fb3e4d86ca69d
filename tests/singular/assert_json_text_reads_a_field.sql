{# Vendors' keys hold dollars, blanks and brackets; each must be read as it is written. #}
with

cases (case_number, properties, expected_os, expected_name, expected_city) as (
    values
    (1, '{"$os": "iOS"}', 'iOS', null, null),
    (2, '{"Experiment name": "feed"}', null, 'feed', null),
    (3, '{"[Amplitude] City": "Rome"}', null, null, 'Rome'),
    (4, '{"$os": null}', null, null, null),
    (5, null, null, null, null)
)

select *
from cases
where
    {{ json_text('properties', '$os') }} is distinct from expected_os
    or {{ json_text('properties', 'Experiment name') }} is distinct from expected_name
    or {{ json_text('properties', '[Amplitude] City') }} is distinct from expected_city
