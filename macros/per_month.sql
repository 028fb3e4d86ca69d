{# What an amount billed every `interval_count` intervals comes to in a month: a year is 12 months,
   52 weeks or 365 days. interval: an expression that is day, week, month or year, else null comes out.
   Test: assert_per_month_follows_the_convention. #}
{% macro per_month(amount, interval, interval_count) -%}
    cast({{ amount }} as double) * case {{ interval }}
        when 'year' then 1
        when 'month' then 12
        when 'week' then 52
        when 'day' then 365
    end / (12 * {{ interval_count }})
{%- endmacro %}
