{# The whole row of a relation as one JSON object. Test: assert_row_as_json_keeps_every_column. #}
{% macro row_as_json(relation) -%}
    {{ return(adapter.dispatch('row_as_json', 'headwater')(relation)) }}
{%- endmacro %}

{% macro default__row_as_json(relation) -%} cast(to_json({{ relation }}) as varchar) {%- endmacro %}
{% macro spark__row_as_json(relation) -%} to_json(struct({{ relation }}.*)) {%- endmacro %}
