{# Whether a landed row is the newest version of its key. Newest is what the source changed last
   (`version_columns`, first one given), else what was landed last; then file and row decide, so
   engines agree on ties. False where the first key column is null. Reads the landing's own columns:
   use it on a source. Test: the unit tests of stg_stripe__customers and stg_pipedrive__deals. #}
{% macro is_latest(key_columns, version_columns=[]) -%}
    {{ key_columns[0] }} is not null and row_number() over (
        partition by {{ key_columns | join(', ') }}
        order by
            {% if version_columns -%}
                coalesce({{ version_columns | join(', ') }}, _landed_at) desc,
            {%- endif %}
            _landed_at desc, _file desc, _row desc
    ) = 1
{%- endmacro %}
