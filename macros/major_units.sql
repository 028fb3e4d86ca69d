{# An amount in a currency's smallest unit as an exact decimal amount: 2900 USD -> 29.000. Undoes
   minor_units; a currency that is not known has two decimals. Test: assert_major_units_by_currency. #}
{% macro major_units(cents, currency) -%}
    cast(cast({{ cents }} as decimal(18, 0)) * case
        when {{ minor_units('1', currency) }} = 1 then 1.000
        when {{ minor_units('1', currency) }} = 1000 then 0.001
        else 0.010
    end as decimal(18, 3))
{%- endmacro %}
