{# One of the company's own Pipedrive fields as text, by our name for it. v2 keeps it in
   custom_fields, v1 at the root of the record, which lands in _extra. A field with a unit is an
   object whose value counts; an option comes as its id.
   Test: assert_pipedrive_custom_field_reads_both_versions. #}
{% macro pipedrive_custom_field(name) -%}
    {%- set keys = var('pipedrive_custom_field_keys') -%}
    {%- if name not in keys -%}
        {{ exceptions.raise_compiler_error(
            "pipedrive_custom_field: no key for " ~ name ~ "; var pipedrive_custom_field_keys has "
            ~ keys | list | join(", ")) }}
    {%- endif -%}
    coalesce(
        {%- for column in ['custom_fields', '_extra'] %}
            {{ json_text_at(column, [keys[name], 'value']) }},
            {{ json_text(column, keys[name]) }}{{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
