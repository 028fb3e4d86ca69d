{# The whole row of a relation as one JSON object, nulls included, times as `2025-01-01 00:00:00.5`. Two
   types differ by engine, so leave them out of the relation: keys of event_key, and decimals with
   noughts at their end. Test: assert_row_as_json_keeps_every_column. #}
{% macro row_as_json(relation) -%}
    {{ return(adapter.dispatch('row_as_json', 'headwater')(relation)) }}
{%- endmacro %}

{% macro default__row_as_json(relation) -%} cast(to_json({{ relation }}) as varchar) {%- endmacro %}

{# Spark writes six decimals of every second; DuckDB those that are not noughts at the end. #}
{% macro spark__row_as_json(relation) -%}
    regexp_replace(
        to_json(
            struct({{ relation }}.*),
            map('ignoreNullFields', 'false', 'timestampFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSS')
        ),
        '("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.]0{6}|([.][0-9]*[1-9])0*)"',
        '$1$2"'
    )
{%- endmacro %}
