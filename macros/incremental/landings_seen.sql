{# int_landings by its name, for macros, which cannot say ref(). #}
{% macro landings_seen() -%}
    {%- set node = graph.nodes['model.headwater.int_landings'] -%}
    {{ return(api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias
    )) }}
{%- endmacro %}
