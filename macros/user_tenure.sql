{# What a person is on a date: New in the first `new_person_days` days, Retained afterwards; null where
   nobody is known. Test: the unit tests of int_journey_units. #}
{% macro user_tenure(on_date, first_seen_date) -%}
    case
        when {{ on_date }} < {{ first_seen_date }} + {{ var('new_person_days') }} then 'New'
        when {{ first_seen_date }} is not null then 'Retained'
    end
{%- endmacro %}
