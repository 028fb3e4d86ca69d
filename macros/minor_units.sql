{# A decimal amount of money in the currency's smallest unit, as bigint: 29.00 USD -> 2900, 500 JPY -> 500.
   Currencies without and with three decimals by ISO 4217. Test: assert_minor_units_by_currency. #}
{% macro minor_units(amount, currency) -%}
    cast(round({{ amount }} * {{ _minor_units_in_one(currency) }}) as bigint)
{%- endmacro %}

{% macro _minor_units_in_one(currency) -%}
    case
        when upper({{ currency }}) in (
            'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'UGX', 'VND', 'VUV',
            'XAF', 'XOF', 'XPF'
        ) then 1
        when upper({{ currency }}) in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 1000
        else 100
    end
{%- endmacro %}
