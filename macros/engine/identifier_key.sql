{# 60-bit key of an identifier, the same on every engine: what joins identifiers and labels persons.
   type: an expression; scope: the source for ids that only one tool gives out, else ''. Null value, null key.
   Test: assert_identifier_key_tells_types_apart. #}
{% macro identifier_key(type, scope, value) -%}
    {{ return(adapter.dispatch('_hex_as_bigint', 'headwater')(
        "left(md5(" ~ type ~ " || '|' || " ~ scope ~ " || '|' || " ~ value ~ "), 15)"
    )) }}
{%- endmacro %}

{% macro default___hex_as_bigint(hex) -%} cast('0x' || {{ hex }} as bigint) {%- endmacro %}
{% macro spark___hex_as_bigint(hex) -%} cast(conv({{ hex }}, 16, 10) as bigint) {%- endmacro %}
