{# A subquery: the keys that a model noted as changed (meta.notes_changes_of in its YAML), as their own
   type. Only where is_incremental() holds. Test: tests/python/incremental. #}
{% macro keys_changed_by(model_name, type='bigint') -%}
    (
        select cast(changed_key as {{ type }}) as changed_key
        from {{ changed_keys() }}
        where model_name = '{{ model_name }}'
    )
{%- endmacro %}
