{# A query that gives every day from first to last of a one-row relation, as date_day; none when the
   bounds are null. Test: active_persons_by_day's unit tests. #}
{% macro days_between(relation, first, last) -%}
    {{ return(adapter.dispatch('days_between', 'headwater')(relation, first, last)) }}
{%- endmacro %}

{% macro default__days_between(relation, first, last) -%}
    select cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date) as date_day
    from {{ relation }}
{%- endmacro %}

{% macro spark__days_between(relation, first, last) -%}
    select explode(sequence({{ first }}, {{ last }}, interval 1 day)) as date_day
    from {{ relation }}
    where {{ first }} is not null
{%- endmacro %}
