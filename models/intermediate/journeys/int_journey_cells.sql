{# Values of a segment with few journeys are `other`, as in other marts. #}
{{ cells_by_segment(ref('int_journey_units'), 'journey_code', 'journey_id') }}
