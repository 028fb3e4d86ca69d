{# No row of a seed meets a condition; else the build stops with a message that names file, row,
   field and remedy, which rows of a failed test would not. condition: a predicate over `own_row`
   and, in subqueries, `others`, the rows of compared_with or of the seed itself. named_by: the
   columns that tell the row. Test: tests/python/experiments/test_config_mistakes.py. #}
{% test has_no_row_where(model, condition, field, remedy, named_by, compared_with=none) %}
{%- set wrong_rows %}
with

others as (
    select * from {{ compared_with or model }}
)

select
    {%- for column in named_by %}
    own_row.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ model }} as own_row
where {{ condition }}
{%- endset -%}
{%- if execute and flags.WHICH in ('build', 'test') -%}
    {%- set name = (model | string).split('.')[-1] | replace('"', '') | replace('`', '') -%}
    {%- set messages = [] -%}
    {%- for row in run_query(wrong_rows).rows -%}
        {%- set place = [] -%}
        {%- for column in named_by -%}
            {%- do place.append(column ~ ' = ' ~ row[column]) -%}
        {%- endfor -%}
        {%- do messages.append(
            'seeds/' ~ name ~ '.csv, row ' ~ place | join(', ') ~ ', field ' ~ field ~ ': ' ~ remedy
        ) -%}
    {%- endfor -%}
    {%- if messages -%}
        {{ exceptions.raise_compiler_error(messages | unique | sort | join('\n')) }}
    {%- endif -%}
{%- endif -%}
{{ wrong_rows }}
{% endtest %}
