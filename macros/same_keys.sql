{# A condition: two relations have the same values in all of these columns, none of which is null.
   Test: the models of experiments, whose statistics tests/python/experiments compares. #}
{% macro same_keys(one, other, keys) -%}
    {%- set conditions = [] -%}
    {%- for key in keys -%}
        {%- do conditions.append(one ~ '.' ~ key ~ ' = ' ~ other ~ '.' ~ key) -%}
    {%- endfor -%}
    {{ return(conditions | join(' and ')) }}
{%- endmacro %}
