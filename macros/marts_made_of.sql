{# Names of the marts that are made of a kind of thing in int_event_uses, sorted: those of its topic,
   or, where a topic holds others too, those named. Test: tests/python/quality/test_tracking.py. #}
{% macro marts_made_of(thing_kind) -%}
    {%- set topics = {
        'funnel': 'funnels', 'feature': 'features', 'journey': 'journeys',
        'experiment': 'experiments'
    } -%}
    {%- set named = {
        'metric': ['metric_baselines'],
        'retention': ['retention_by_cohort', 'retention_by_period'],
        'segment': ['person_segments', 'segment_comparison', 'segment_suggestions'],
        'form': ['form_submissions', 'leads', 'pipeline_steps'],
        'key event': ['sessions'],
        'process': ['process_runs']
    } -%}
    {%- set names = named.get(thing_kind, []) | list -%}
    {%- for node in (graph.nodes.values() if execute else [])
        if node.resource_type == 'model' and node.fqn[1:3] == ['marts', topics.get(thing_kind)]
        and node.name not in named['metric'] -%}
        {%- do names.append(node.name) -%}
    {%- endfor -%}
    {{ return(names | sort) }}
{%- endmacro %}
