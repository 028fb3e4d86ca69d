{# Day of the week by ISO 8601: Monday 1 to Sunday 7. Test: assert_iso_weekday_starts_on_monday. #}
{% macro iso_weekday(day) -%}
    {{ return(adapter.dispatch('iso_weekday', 'headwater')(day)) }}
{%- endmacro %}

{% macro default__iso_weekday(day) -%} isodow({{ day }}) {%- endmacro %}
{% macro spark__iso_weekday(day) -%} (weekday({{ day }}) + 1) {%- endmacro %}
