{# A query: each event of a relation once for each journey that it is a step of, with what the journey
   asks of it. The relation has the columns of int_journey_events; the model imports rules and key_events.
   Test: the unit tests of both int_*_journey_steps. #}
{% macro as_journey_steps(relation, columns) -%}
    select
        rules.journey_name,
        {%- for column in columns %}
        {{ relation }}.{{ column }},
        {%- endfor %}
        rules.step_name || coalesce(': ' || replace({{ relation }}.property_value, ' > ', ' / '), '')
            as step_name,
        rules.start_step,
        rules.end_step,
        rules.longest_path,
        rules.silence_hours,
        rules.collapses_repeats,
        key_events.event_name is not null as is_key_event
    from {{ relation }}
    inner join rules
        on
            {{ relation }}.event_name = rules.event_name
            and {{ relation }}.property_name = rules.property_name
            and coalesce(instr(rules.sources, '|' || {{ relation }}.source_name || '|') > 0, true)
    left join key_events on {{ relation }}.event_name = key_events.event_name
{%- endmacro %}
