{# The property of an event that the seed journey_steps may name, as text; null where the event does
   not have it. These few, so that no other column of the wide table is read. events: relation;
   name: expression. Test: the unit tests of int_journey_events. #}
{% macro journey_property(events, name) -%}
    case {{ name }}
        {%- for column in [
            'surface', 'feature_name', 'content_category', 'form_type', 'platform', 'device_type',
            'user_intent', 'product_sku', 'page_title'
        ] %}
        when '{{ column }}' then {{ events }}.{{ column }}
        {%- endfor %}
        when 'page_path' then split_part(split_part({{ events }}.page_url, '?', 1), '#', 1)
    end
{%- endmacro %}
