{# Before a run: makes each source readable by its name. DuckDB reads the files where they lie, see
   external_location; Spark gets a table over each folder, with the columns of the landing contract, so
   that no file need be opened to know them. Nothing is copied, and days that land later are found. A
   table carries a hash of its definition and is made again only when that has changed. Tables of which
   there is no file stop a run that needs them on DuckDB.
   Test: every build on Spark; tests/python/quality/test_setting_mistakes.py. #}
{% macro register_sources() -%}
    {%- if execute -%} {{ return(adapter.dispatch('register_sources', 'headwater')()) }} {%- endif -%}
{%- endmacro %}

{% macro default__register_sources() -%}
    {%- set root = env_var('LANDING_ROOT', 'landing') -%}
    {%- set pattern = "glob('" ~ root | replace("'", "''") ~ "/*/*/" -%}
    {%- set found = run_query(
        "select distinct regexp_extract(file, '([^/]+/[^/]+)(/landed_date=[^/]+)?/[^/]+$', 1) from ("
        ~ "from " ~ pattern ~ "*.parquet') union all from " ~ pattern ~ "*/*.parquet'))"
    ).columns[0].values() -%}
    {%- set missing, needed = {}, [] -%}
    {%- for key in graph.sources -%}
        {%- set name = graph.sources[key].schema ~ '/' ~ graph.sources[key].identifier -%}
        {%- if name not in found %}{% do missing.update({key: name}) %}{% endif -%}
    {%- endfor -%}
    {%- for key in (selected_resources if missing else []) if key in graph.nodes -%}
        {%- for source in graph.nodes[key].depends_on.nodes if source in missing -%}
            {%- do needed.append(missing[source]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if needed -%}
        {{ exceptions.raise_compiler_error(
            "LANDING_ROOT = " ~ root ~ " has no files of " ~ needed | unique | list | length
            ~ " tables, such as " ~ needed[0] ~ ": name the folder of the landing zone, or run"
            ~ " `headwater --landing-root " ~ root ~ " init`, which makes what is missing") }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__register_sources() -%}
    {%- set root = _absolute(env_var('LANDING_ROOT', 'landing')) -%}
    {%- for schema, tables in graph.sources.values() | groupby('schema') -%}
        {%- do run_query('create schema if not exists ' ~ schema) -%}
        {%- set known = run_query('show table extended in ' ~ schema ~ " like '*'") -%}
        {%- set known = known.columns['information'].values() | join -%}
        {%- for table in tables -%}
            {%- set definition = _source_table(table, root) -%}
            {%- set hash = local_md5(definition) -%}
            {%- if hash not in known -%}
                {%- do run_query('drop table if exists ' ~ schema ~ '.' ~ table.identifier) -%}
                {%- do run_query(definition ~ " tblproperties ('definition' = '" ~ hash ~ "')") -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}

{% macro _source_table(source, root) -%}
    create table {{ source.schema }}.{{ source.identifier }} (
        {%- for column in source.columns.values() %}
        {{ adapter.quote(column.name) }} {{ 'string' if column.data_type in ('varchar', 'json') else column.data_type }},
        {%- endfor %}
        _extra string, _landed_at timestamp, _file string, _row bigint
        {{- ', landed_date date' if source.meta.partitioned }}
    )
    using parquet
    {{ 'partitioned by (landed_date)' if source.meta.partitioned }}
    location '{{ root }}/{{ source.schema }}/{{ source.identifier }}'
{%- endmacro %}

{# Spark reads a relative location as one below its own warehouse; ours are below the working folder. #}
{% macro _absolute(path) -%}
    {%- if modules.re.match('/|[a-z0-9]+:/', path) -%} {{ return(path) }} {%- endif -%}
    {%- set folder = run_query("select java_method('java.lang.System', 'getProperty', 'user.dir')") -%}
    {{ return(folder.columns[0][0] ~ '/' ~ path) }}
{%- endmacro %}
