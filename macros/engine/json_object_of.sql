{# A JSON object as text from expressions: `json_object_of({'order_id': 'order_id'})`. Fields whose value
   is null are left out; JSON text stays text. Test: assert_json_object_of_leaves_nulls_out. #}
{% macro json_object_of(fields) -%}
    {{ return(adapter.dispatch('json_object_of', 'headwater')(fields)) }}
{%- endmacro %}

{% macro default__json_object_of(fields) -%}
    cast(json_merge_patch('{}', json_object(
        {%- for name, value in fields.items() %}'{{ name }}', {{ value }}{{ ", " if not loop.last }}{% endfor -%}
    )) as varchar)
{%- endmacro %}

{% macro spark__json_object_of(fields) -%}
    to_json(named_struct(
        {%- for name, value in fields.items() %}'{{ name }}', {{ value }}{{ ", " if not loop.last }}{% endfor -%}
    ))
{%- endmacro %}
