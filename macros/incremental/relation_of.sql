{# The relation of a model by its name, for macros that run beside models and cannot say ref(). #}
{% macro relation_of(model_name) -%}
    {%- set node = graph.nodes['model.headwater.' ~ model_name] -%}
    {{ return(api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias
    )) }}
{%- endmacro %}
