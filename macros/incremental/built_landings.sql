{# The table that says which landed days every incremental model has taken in. A run reads it, and
   writes it only at its very end: what a killed run left half done is done again by the next. #}
{% macro built_landings() -%}
    {{ return(api.Relation.create(
        database=target.database, schema='state', identifier='built_landings'
    )) }}
{%- endmacro %}
