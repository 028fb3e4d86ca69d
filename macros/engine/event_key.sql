{# 128-bit key of an event: the source's name and its own id, hashed. Kept in 16 bytes where the
   engine can (writing a 36-character text costs seven times as much), as hexadecimal text on Spark.
   Test: assert_event_key_tells_sources_apart. #}
{% macro event_key(source_name, source_event_id) -%}
    {{ return(adapter.dispatch('event_key', 'headwater')(source_name, source_event_id)) }}
{%- endmacro %}

{% macro default__event_key(source_name, source_event_id) -%}
    cast(md5({{ source_name }} || '|' || {{ source_event_id }}) as uuid)
{%- endmacro %}

{% macro spark__event_key(source_name, source_event_id) -%}
    md5({{ source_name }} || '|' || {{ source_event_id }})
{%- endmacro %}
