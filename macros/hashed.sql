{# A personal value as a salted hash, so that it joins but cannot be read. Letter case and outer blanks
   do not count. The salt comes from HEADWATER_SALT; without it the public demo salt is used, which
   protects nobody: set your own before landing real people. Test: assert_hashed_ignores_case. #}
{% macro hashed(value) -%}
    md5('{{ env_var("HEADWATER_SALT", "demo-salt") }}' || lower(trim({{ value }})))
{%- endmacro %}
