{# The sum of `amount` over a JSON list of objects, as Stripe lists discounts and taxes; null list, 0.
   Stripe takes at most 20 discounts and 10 tax rates on an invoice.
   Test: assert_sum_of_amounts_adds_the_list. #}
{% macro sum_of_amounts(column, at_most=20) -%}
    (
        {%- for place in range(at_most) %}
        coalesce(cast({{ json_text_at(column, [place, 'amount']) }} as bigint), 0)
        {{- ' +' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
