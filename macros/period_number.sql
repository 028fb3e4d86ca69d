{# Number of the calendar day, week (from Monday) or month that a local day lies in, so that periods
   apart are a difference; null for any other name. day: a date; period: an expression.
   Test: assert_periods_follow_the_calendar. #}
{% macro period_number(day, period) -%}
    {%- set days = dbt.datediff("cast('1970-01-05' as date)", day, 'day') -%}
    cast(case {{ period }}
        when 'day' then {{ days }}
        when 'week' then floor({{ days }} / 7.0)
        when 'month' then extract(year from {{ day }}) * 12 + extract(month from {{ day }})
    end as integer)
{%- endmacro %}
