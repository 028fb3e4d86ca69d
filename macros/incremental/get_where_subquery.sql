{# dbt's own macro for the `where` of a data test, which also understands `this_run.<column>`: in
   `dbt build` the test looks at the days that the run has taken in, since what lies before them was
   tested when it came; after a full build, and in `dbt test`, at everything. The column is
   landed_date or a local day. Test: tests/python/incremental. #}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') or '' -%}
    {%- if where.startswith('this_run.') -%}
        {%- set where = _in_days_of_this_run(where.split('.')[1]) -%}
    {%- endif -%}
    {%- if where and where != 'true' -%}
        {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery') }}
    {%- endif -%}
    {{ return(relation) }}
{%- endmacro %}

{% macro _in_days_of_this_run(column) -%}
    {%- if not execute or rebuilds_everything() or flags.WHICH != 'build' or flags.FULL_REFRESH
        or run_query('select count(*) from ' ~ built_landings()).rows[0][0] == 0 -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set days = landed_days_of_this_run() -%}
    {%- if days and column != 'landed_date' -%}
        {%- set days = run_query(
            "select distinct cast(event_date as string) as event_date from " ~ relation_of('int_landed_events')
            ~ " where landed_date in (date '" ~ days | join("', date '") ~ "')"
        ).columns[0].values() -%}
    {%- endif -%}
    {{ return(column ~ " in (date '" ~ days | join("', date '") ~ "')" if days else 'false') }}
{%- endmacro %}
