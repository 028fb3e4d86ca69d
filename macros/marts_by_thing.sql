{# Names of the marts that are made of each kind of thing in int_event_uses: those of its topic, or,
   where a topic holds others too, those named. Test: tests/python/quality/test_tracking.py. #}
{% macro marts_by_thing() -%}
    {%- set marts = {
        'funnel': [],
        'retention': ['retention_by_cohort', 'retention_by_period'],
        'feature': [],
        'journey': [],
        'metric': ['metric_baselines'],
        'experiment': [],
        'segment': ['person_segments', 'segment_comparison', 'segment_suggestions'],
        'form': ['form_submissions', 'leads', 'pipeline_steps'],
        'key event': ['sessions'],
        'process': ['process_runs']
    } -%}
    {%- set topics = {
        'funnels': 'funnel', 'features': 'feature', 'journeys': 'journey',
        'experiments': 'experiment'
    } -%}
    {%- for node in (graph.nodes.values() if execute else [])
        if node.resource_type == 'model' and node.fqn[1] == 'marts' and node.fqn[2] in topics
        and node.name not in marts['metric'] -%}
        {%- do marts[topics[node.fqn[2]]].append(node.name) -%}
    {%- endfor -%}
    {{ return(marts) }}
{%- endmacro %}
