{# First day of the calendar day, week (from Monday) or month that a local day lies in. day: a date;
   period: an expression. Test: assert_periods_follow_the_calendar. #}
{% macro period_start(day, period) -%}
    cast(case {{ period }}
        when 'day' then {{ day }}
        when 'week' then cast(date_trunc('week', {{ day }}) as date)
        when 'month' then cast(date_trunc('month', {{ day }}) as date)
    end as date)
{%- endmacro %}
