{# The table in which incremental models note the keys they changed, for the models after them. It is
   emptied when a run has built them all, so a killed run's notes are still there for the next one. #}
{% macro changed_keys() -%}
    {{ return(api.Relation.create(
        database=target.database, schema='state', identifier='changed_keys'
    )) }}
{%- endmacro %}
