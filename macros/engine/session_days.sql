{# A predicate that narrows int_sessions down: to the sessions that a run changed and the days they
   touch (span_dates, a CTE of the model), or, in a full build, to the block of days that is built.
   of: `session` for the sessions themselves, `event` for the days of their events.
   Test: each full build of int_sessions, and tests/python/incremental. #}
{% macro session_days(of) -%}
    {%- if is_incremental() and of == 'session' -%}
        session_id in {{ keys_changed_by('int_session_spans', 'uuid') }}
    {%- elif is_incremental() -%}
        event_date in (select span_dates.date_day from span_dates)
    {%- elif rebuilds_everything() or model.resource_type != 'model' -%}
        true
    {%- elif of == 'session' -%}
        session_date between date '__from__' and date '__until__'
    {%- else -%}
        event_date between date '__from__' and date '__reach__'
    {%- endif -%}
{%- endmacro %}
