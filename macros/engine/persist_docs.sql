{# The comments of a relation and its columns, in one statement. dbt's own macro asks the database three
   times for the columns first, which takes longer than most models over little data; here a column that
   only the YAML has stops the build. Test: tests/python/publish. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- for column in model.columns.values()
        if for_columns and config.persist_column_docs() and column.description -%}
        {%- do comments.append(
            'comment on column ' ~ relation ~ '.' ~ adapter.quote(column.name)
            ~ ' is ' ~ duckdb_escape_comment(column.description)
        ) -%}
    {%- endfor -%}
    {%- do run_query(comments | join(';\n')) if comments -%}
{%- endmacro %}
