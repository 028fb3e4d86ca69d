{# A list of expressions: a text once for each name, which takes the place of `{}` in it.
   Test: the models of experiments, whose statistics tests/python/experiments compares. #}
{% macro for_each(names, text) -%}
    {%- set expressions = [] -%}
    {%- for name in names -%}{%- do expressions.append(text | replace('{}', name)) -%}{%- endfor -%}
    {{ return(expressions | join(',\n        ')) }}
{%- endmacro %}
