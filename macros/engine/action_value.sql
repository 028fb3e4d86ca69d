{# Sum of `value` over Meta's list of actions of one type: `action_value('actions', 'purchase')`, as
   decimal. A list without the type gives 0, a null list gives null. Types overlap (purchase and
   omni_purchase), so never ask for several and add. Test: assert_action_value_sums_one_type. #}
{% macro action_value(column, action_type) -%}
    {{ return(adapter.dispatch('action_value', 'headwater')(column, action_type)) }}
{%- endmacro %}

{% macro default__action_value(column, action_type) -%}
    case
        when {{ column }} is not null
            then cast(coalesce(list_sum(list_transform(
                list_filter(
                    from_json({{ column }}, '[{"action_type": "VARCHAR", "value": "DECIMAL(18, 6)"}]'),
                    lambda action: action.action_type = '{{ action_type }}'
                ),
                lambda action: action.value
            )), 0) as decimal(18, 6))
    end
{%- endmacro %}

{% macro spark__action_value(column, action_type) -%}
    aggregate(
        filter(
            from_json({{ column }}, 'array<struct<action_type string, value decimal(18, 6)>>'),
            action -> action.action_type = '{{ action_type }}'
        ),
        cast(0 as decimal(18, 6)),
        (total, action) -> cast(total + action.value as decimal(18, 6))
    )
{%- endmacro %}
