{# How far rows get through numbered steps, an aggregate: the largest n such that steps 1 to n occur in
   this order, by `order_by`. Null steps are passed over; no first step gives 0.
   Test: assert_furthest_step_needs_the_order. #}
{% macro furthest_step(step, order_by) -%}
    cast({{ adapter.dispatch('furthest_step', 'headwater')(step, order_by) }} as integer)
{%- endmacro %}

{% macro default__furthest_step(step, order_by) -%}
    coalesce(list_reduce(
        list({{ step }} order by {{ order_by }}) filter (where {{ step }} is not null),
        lambda reached, next_step: case when next_step = reached + 1 then next_step else reached end,
        0
    ), 0)
{%- endmacro %}

{% macro spark__furthest_step(step, order_by) -%}
    aggregate(
        array_sort(collect_list(
            case when {{ step }} is not null then struct({{ order_by }}, {{ step }} as step) end
        )),
        0,
        (reached, next_step) -> case when next_step.step = reached + 1 then next_step.step else reached end
    )
{%- endmacro %}
