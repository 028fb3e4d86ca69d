{# dbt-duckdb's own macro, which here can build a table in passes, so that what has to be sorted or joined
   at once fits memory: `__pass__` stands for the number of the pass where the model says
   `in_this_pass`, `__from__`, `__until__` and `__reach__` for its days where it says `session_days`.
   New rows that replace whole landed days are read once, so they are written once: straight into the
   target, through a temporary view. Test: tests/python/incremental, and each full build of
   int_session_spans and int_sessions; their rows are conserved. #}
{% macro duckdb__create_table_as(
    temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none
) -%}
    {%- if temporary and config.get('unique_key') == ['landed_date'] -%}
        {{ return('create or replace temporary view ' ~ relation.identifier ~ ' as (' ~ compiled_code ~ ')') }}
    {%- endif -%}
    {%- set passes = [{}] -%}
    {%- if '__pass__' in compiled_code -%}
        {%- set passes = [] -%}
        {%- for number in range(var('full_build_passes')) %}{% do passes.append({'__pass__': number}) %}{% endfor -%}
    {%- elif '__from__' in compiled_code -%}
        {%- set passes = _blocks_of_sessions() -%}
    {%- endif -%}
    {%- for values in passes -%}
        {%- set filled = namespace(sql=compiled_code) -%}
        {%- for token, value in values.items() %}{% set filled.sql = filled.sql | replace(token, value) %}{% endfor -%}
        {%- if loop.first -%}
            {{ dbt.duckdb__create_table_as(
                temporary, relation, filled.sql, language, partitioned_by, sorted_by
            ) }}
        {%- else -%}
            ; insert into {{ relation.include(database=not temporary, schema=not temporary) }} {{ filled.sql }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{# The days of all sessions, cut into `full_build_passes` blocks, and the day on which the last of each
   block's sessions ends. #}
{% macro _blocks_of_sessions() -%}
    {%- set rows = run_query(
        "select min(session_date), max(session_date), max(cast(ended_at as date) + 1) from ("
        ~ "select *, ntile(" ~ var('full_build_passes') ~ ") over (order by session_date) as block"
        ~ " from (select session_date, max(ended_at) as ended_at from " ~ relation_of('int_session_spans') ~ " group by 1) as days"
        ~ ") as blocks group by block order by block").rows -%}
    {%- set passes = [] -%}
    {%- for row in rows -%}
        {%- do passes.append({'__from__': row[0] | string, '__until__': row[1] | string, '__reach__': row[2] | string}) -%}
    {%- endfor -%}
    {{ return(passes or [{'__from__': '1970-01-01', '__until__': '1970-01-01', '__reach__': '1970-01-01'}]) }}
{%- endmacro %}
