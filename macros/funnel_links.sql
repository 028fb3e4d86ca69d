{# The steps that each step of some funnel may follow, from step 2 on: [[1], [1, 2]] where the second is
   optional. int_funnel_steps_reached is unrolled as far as the seeds need and no further.
   Test: the unit tests of int_funnel_steps_reached, which override it. #}
{% macro funnel_links() -%}
    {%- if not execute or load_relation(relation_of('int_funnel_step_bounds')) is none -%}
        {{ return([[1], [1, 2]]) }}
    {%- endif -%}
    {%- set bounds = relation_of('int_funnel_step_bounds') -%}
    {%- set rows = run_query(
        "select distinct later.step_number, earlier.step_number as follows"
        ~ " from " ~ bounds ~ " as later inner join " ~ bounds ~ " as earlier"
        ~ " on later.funnel_name = earlier.funnel_name"
        ~ " and later.step_number > earlier.step_number"
        ~ " and later.step_number <= earlier.next_required"
        ~ " order by 1, 2").rows -%}
    {%- set links = [] -%}
    {%- for step, pairs in rows | groupby('step_number') -%}
        {%- do links.append(pairs | map(attribute='follows') | list) -%}
    {%- endfor -%}
    {{ return(links) }}
{%- endmacro %}
