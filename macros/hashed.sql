{# A personal value as a salted hash, so that it joins but cannot be read. Letter case and outer blanks
   do not count. The salt comes from HEADWATER_SALT; without it the public demo salt is used, which
   protects nobody: set your own before landing real people. Test: assert_hashed_ignores_case. #}
{% macro hashed(value) -%}
    {%- set salt = env_var('HEADWATER_SALT', 'demo-salt') -%}
    {%- if not salt.strip() or "'" in salt or '\\' in salt -%}
        {{ exceptions.raise_compiler_error(
            "HEADWATER_SALT is empty or has a quote or backslash in it: set a long random text, or unset it"
            ~ " to build with the demo's, which protects nobody") }}
    {%- endif -%}
    md5('{{ salt }}' || lower(trim({{ value }})))
{%- endmacro %}
