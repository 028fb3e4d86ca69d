{# The `value` of the primary element in Pipedrive's list of e-mail addresses or telephone numbers,
   else of the first; null for an empty list. Test: assert_primary_value_prefers_the_primary. #}
{% macro primary_value(column) -%}
    coalesce(
        {{ adapter.dispatch('_flagged_primary', 'headwater')(column) }},
        {{ json_text_at(column, [0, 'value']) }}
    )
{%- endmacro %}

{% macro default___flagged_primary(column) -%}
    list_filter(
        from_json({{ column }}, '[{"primary": "VARCHAR", "value": "VARCHAR"}]'),
        lambda item: item['primary'] = 'true'
    )[1].value
{%- endmacro %}

{% macro spark___flagged_primary(column) -%}
    get(
        filter(
            from_json({{ column }}, 'array<struct<primary string, value string>>'),
            item -> item.primary = 'true'
        ),
        0
    ).value
{%- endmacro %}
