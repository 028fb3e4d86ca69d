{# The one place where an instant becomes a day: UTC timestamp -> day in `reporting_timezone`.
   Test: assert_local_date_follows_the_zone. #}
{% macro local_date(utc, zone=var('reporting_timezone')) -%}
    cast({{ local_timestamp(utc, zone) }} as date)
{%- endmacro %}
