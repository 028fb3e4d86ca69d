{# A query of one row: how many of the people who did one event did another within a window after it.
   Columns: person_count (whose window has closed), converted_count, immature_count, conversion_rate and
   its 95 % bounds, seconds_to_convert_p50. first_date and last_date are local days of the first event.
   start_where and end_where are conditions on columns of the mart events.
   Example: analyses/conversion_between_two_events.sql. Test: tests/python/funnels. #}
{% macro conversion_rate(
    start_event, end_event, window_hours=24, first_date=none, last_date=none, start_where=none,
    end_where=none
) -%}
with

entries as (
    {{ funnel([
        {'event': start_event, 'where': start_where}, {'event': end_event, 'where': end_where}
    ], window_hours, first_date=first_date, last_date=last_date) | indent(4) }}
),

counted as (
    select
        count(*) filter (where is_mature) as person_count,
        count(*) filter (where is_mature and is_converted) as converted_count,
        count(*) filter (where not is_mature) as immature_count,
        {{ quantile('case when is_mature then seconds_to_convert end', 0.5) }}
            as seconds_to_convert_p50
    from entries
),

final as (
    select
        *,
        converted_count / nullif(cast(person_count as double), 0) as conversion_rate,
        {{ wilson_bound('converted_count', 'person_count', 'low') }} as conversion_rate_low,
        {{ wilson_bound('converted_count', 'person_count', 'high') }} as conversion_rate_high
    from counted
)

select * from final
{%- endmacro %}
