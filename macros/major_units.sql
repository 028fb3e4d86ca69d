{# An amount in the currency's smallest unit as money, the inverse of minor_units: 2900, USD ->
   29.000; 500, JPY -> 500.000. decimal(18, 3), or decimal(28, digits) when asked for others;
   doubles carry 9e15 units exactly.
   Test: assert_major_units_by_currency. #}
{% macro major_units(amount, currency, digits=3) -%}
    cast(
        round(cast({{ amount }} as double) / {{ _minor_units_in_one(currency) }}, {{ digits }})
        as decimal({{ 18 if digits == 3 else 28 }}, {{ digits }})
    )
{%- endmacro %}
