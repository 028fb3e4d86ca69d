{# 64-bit hash of columns, for grouping and joining inside one statement: cheaper than texts, but not
   the same from one version of an engine to the next, so never store it.
   Test: the unit tests of int_sessions. #}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'headwater')(columns)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%} hash({{ columns | join(', ') }}) {%- endmacro %}
{% macro spark__row_hash(columns) -%} xxhash64({{ columns | join(', ') }}) {%- endmacro %}
