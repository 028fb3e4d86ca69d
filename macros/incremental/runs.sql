{# The table that says what dbt did to this warehouse: a row per run, open until its end. It shows
   `headwater publish` whether all that the warehouse holds was built and tested by one run. #}
{% macro runs() -%}
    {{ return(api.Relation.create(
        database=target.database, schema='state', identifier='runs'
    )) }}
{%- endmacro %}

{# The same for each of their nodes. #}
{% macro node_runs() -%}
    {{ return(api.Relation.create(
        database=target.database, schema='state', identifier='node_runs'
    )) }}
{%- endmacro %}
