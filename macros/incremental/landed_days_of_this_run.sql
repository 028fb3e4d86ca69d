{# Days, as texts, on which something landed that the incremental models have not taken in: a new day,
   or one that has grown. Landed rows never vanish; where they did, the warehouse holds rows that a
   full build would not, and only a full build helps. Test: tests/python/incremental. #}
{% macro landed_days_of_this_run() -%}
    {%- if not execute or load_relation(relation_of('int_landings')) is none
        or load_relation(built_landings()) is none %}{{ return([]) }}{% endif -%}
    {%- set rows = run_query(
        "select cast(coalesce(seen.landed_date, built.landed_date) as string) as landed_date,"
        ~ " coalesce(seen.source_name, built.source_name) as source_name,"
        ~ " coalesce(seen.row_count, 0) < coalesce(built.row_count, 0) as has_shrunk"
        ~ " from " ~ relation_of('int_landings') ~ " as seen full join " ~ built_landings() ~ " as built"
        ~ " on seen.source_name = built.source_name and seen.table_name = built.table_name"
        ~ " and seen.landed_date = built.landed_date"
        ~ " where seen.row_count is distinct from built.row_count"
        ~ " or seen.file_count is distinct from built.file_count"
        ~ " order by 1, 2").rows -%}
    {%- for row in rows if row['has_shrunk'] -%}
        {{ exceptions.raise_compiler_error(
            "Rows of " ~ row['source_name'] ~ " that landed on " ~ row['landed_date']
            ~ " were built and are gone from the landing zone. If LANDING_ROOT is right, rebuild with"
            ~ " `make build DBT=--full-refresh` (or `dbt build --full-refresh`).") }}
    {%- endfor -%}
    {{ return(rows | map(attribute='landed_date') | unique | list) }}
{%- endmacro %}
