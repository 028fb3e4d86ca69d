{# on-run-end: closes the row of this run with what became of its models, seeds and tests; what was
   skipped has failed. Test: tests/python/publish. #}
{% macro record_run_end(results) -%}
    {%- if rebuilds_everything() or not execute %}{{ return('') }}{% endif -%}
    {%- set statuses = results | map(attribute='status') | map('string') | list -%}
    {%- set passed = statuses | select('in', ['success', 'pass', 'no-op']) | list | length -%}
    {%- set warned = statuses | select('equalto', 'warn') | list | length -%}
    update {{ runs() }} set
        ended_at = cast(now() at time zone 'UTC' as timestamp),
        passed_count = {{ passed }},
        warned_count = {{ warned }},
        failed_count = {{ statuses | length - passed - warned }}
    where invocation_id = '{{ invocation_id }}'
{%- endmacro %}
