{# No column that holds doubles ever holds NaN or infinity: what cannot be told is null, and a
   status says why. Test: tests/python/experiments. #}
{% test has_finite_numbers(model) %}
{%- set doubles = [] -%}
{%- if execute -%}
    {%- for column in adapter.get_columns_in_relation(model) if 'double' in column.dtype | lower -%}
        {%- do doubles.append(column.name) -%}
    {%- endfor -%}
{%- endif %}
select *
from {{ model }}
where
    false
    {%- for name in doubles %}
    or not coalesce(abs({{ name }}) < 1.7976931348623157e308, true)
    {%- endfor %}
{% endtest %}
