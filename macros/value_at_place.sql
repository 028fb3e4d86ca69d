{# An aggregate: the value at a place between 1 and the number of rows, with linear interpolation,
   for shares that stand in a column, where `quantile` needs a number. place numbers the ordered
   rows, or is the last of the `size` places of a row that stands for so many; sought is the same in
   all of them; only rows that meet the condition count.
   Test: assert_value_at_place_interpolates. #}
{% macro value_at_place(value, place, sought, condition='true', size='1') -%}
    {%- set found = 'max(case when ' ~ condition ~ ' and ' ~ place ~ ' - floor(' ~ sought ~ ')' -%}
    {%- set below = found ~ ' between 0 and ' ~ size ~ ' - 1 then ' ~ value ~ ' end)' -%}
    {%- set above = found ~ ' between 1 and ' ~ size ~ ' then ' ~ value ~ ' end)' -%}
    (
        {{ below }}
        + coalesce(
            ({{ above }} - {{ below }})
            * max(case when {{ condition }} then {{ sought }} - floor({{ sought }}) end),
            0
        )
    )
{%- endmacro %}
