{# A predicate: the row is of the pass that is being built. All rows are, but in a full build on DuckDB,
   which takes `full_build_passes`. hash: a whole number that says what belongs together.
   Test: every build of int_session_spans; its rows are conserved. #}
{% macro in_this_pass(hash) -%}
    {%- if is_incremental() or rebuilds_everything() or model.resource_type != 'model' -%}
        true
    {%- else -%}
        {{ hash }} % {{ var('full_build_passes') }} = __pass__
    {%- endif -%}
{%- endmacro %}
