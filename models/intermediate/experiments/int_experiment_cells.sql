{# Values of a segment with few persons are `other`, as in other marts. #}
{{ cells_by_segment(ref('int_experiment_units'), 'experiment_name', 'person_key') }}
