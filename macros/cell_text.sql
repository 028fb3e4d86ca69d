{# What tells cells apart: the values of these columns in one text. Test: the tests of experiments
   that add cells up. #}
{% macro cell_text(columns) -%}
    concat_ws('|', {% for column in columns -%}
        coalesce({{ column }}, '(none)'){{ ', ' if not loop.last }}
    {%- endfor %})
{%- endmacro %}
