{# Incremental strategy `restate`: rows of the target whose key occurs in the new rows go, then the new
   rows come. unique_key lists the stored day first, if there is one, so that only the row groups of
   those days are read; if it is the landed day alone, the days of this run are replaced and nothing
   else of the new rows is asked for. meta.void_when marks new rows that only say that their key is no more;
   meta.notes_changes_of names a column whose old and new values are noted for keys_changed_by.
   Test: tests/python/incremental. #}
{% macro get_incremental_restate_sql(arguments) -%}
    {%- set target = arguments['target_relation'] -%}
    {%- set fresh = arguments['temp_relation'] -%}
    {%- set key = arguments['unique_key'] -%}
    {%- set meta = config.get('meta', {}) -%}
    {%- set noted = meta.get('notes_changes_of') -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- if noted %}
    insert into {{ changed_keys() }}
    with changes as (
        select cast(old.{{ noted }} as string) as old_key, cast(fresh.{{ noted }} as string) as new_key
        from {{ fresh }} as fresh
        left join {{ target }} as old using ({{ key | join(', ') }})
        where old.{{ noted }} is null or old.{{ noted }} != fresh.{{ noted }}
            or '{{ noted }}' in ('{{ key | join("', '") }}')
    )
    select '{{ model.name }}', new_key from changes
    union
    select '{{ model.name }}', old_key from changes where old_key is not null;
    {%- endif %}
    delete from {{ target }}
    where
        {% if key == ['landed_date'] -%}
            {{ landed_in_this_run('landed_date') }}
        {%- else -%}
            {{ key[0] }} in (select distinct {{ key[0] }} from {{ fresh }})
        {%- endif %}
        {% if key | length > 1 -%}
            and ({{ key | join(', ') }}) in (select ({{ key | join(', ') }}) from {{ fresh }})
        {%- endif %};
    insert into {{ target }} ({{ columns }})
    select {{ columns }}
    from {{ fresh }}
    where not ({{ meta.get('void_when', 'false') }})
{%- endmacro %}
