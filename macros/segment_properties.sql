{# The columns of an event that a segment may be read from, beside those of the person. #}
{% macro segment_properties() -%}
    {{ return([
        'platform', 'device_type', 'country', 'user_intent', 'content_category', 'surface',
        'user_tenure'
    ]) }}
{%- endmacro %}
