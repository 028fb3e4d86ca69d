{# The value of an event's property as text, by a name that stands in a column: a column of int_events
   where one is called so, else a key of `properties`. Test: assert_event_property_finds_both_kinds. #}
{% macro event_property(events, name) -%}
    case {{ name }}
        {%- for column in _event_attributes() %}
        when '{{ column }}' then cast({{ events }}.{{ column }} as string)
        {%- endfor %}
        else {{ json_text_by(events ~ '.properties', name) }}
    end
{%- endmacro %}

{# Columns of int_events that a filter, a funnel or a segment may name. #}
{% macro _event_attributes() -%}
    {{ return([
        'source_name', 'source_event_name', 'device_id', 'user_id', 'source_session_id', 'account_id', 'run_id',
        'checkout_id', 'platform', 'device_type', 'operating_system', 'browser', 'language',
        'country', 'city', 'page_url', 'page_title', 'referrer', 'utm_source', 'utm_medium',
        'utm_campaign', 'traffic_source', 'experiment_id', 'variant', 'user_intent',
        'content_category', 'surface', 'user_tenure', 'feature_name', 'form_type', 'trial_path',
        'product_sku', 'product_name', 'currency', 'amount_cents', 'quantity'
    ]) }}
{%- endmacro %}
