{# The marts that the seed watch_list may name, with the column that holds the day; none for a mart that
   speaks of the last day. A further one is a line here. Test: tests/python/quality/test_metric_alerts.py. #}
{% macro watched_marts() -%}
    {%- set marts = {
        'active_persons_by_day': 'event_date',
        'ad_spend_by_day': 'spend_date',
        'channel_performance_by_day': 'performance_date',
        'feature_adoption_by_day': 'event_date',
        'funnel_steps_by_day': 'entry_date',
        'landed_rows_by_day': 'landed_date',
        'lifecycle_by_day': 'event_date',
        'mrr_movements': 'moved_date',
        'tracking_coverage': none,
        'visitors_by_day': 'event_date',
        'volume_anomalies': 'event_date'
    } -%}
    {#- statistics are Python models, which DuckDB alone runs -#}
    {%- if target.type == 'duckdb' -%}
        {%- do marts.update({'experiment_results_by_day': 'analysis_date'}) -%}
    {%- endif -%}
    {{ return(marts) }}
{%- endmacro %}

{# Names of the columns of one of them that hold numbers. #}
{% macro number_columns(mart_name) -%}
    {%- set names = [] -%}
    {%- set columns = graph.nodes['model.headwater.' ~ mart_name].columns if execute else {} -%}
    {%- for column in columns.values()
        if column.data_type.split('(')[0] in ('bigint', 'integer', 'double', 'decimal') -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{ return(names | sort) }}
{%- endmacro %}
