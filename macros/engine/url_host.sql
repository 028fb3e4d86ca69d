{# Host of a URL in lower case without `www.` and port: `url_host('referrer')`. Null when there is none,
   as in a path, `about:blank` or null. One text for all engines, hence no backslash in the pattern.
   Test: assert_url_host_is_the_bare_host. #}
{% macro url_host(url) -%}
    nullif(regexp_extract(
        lower(trim({{ url }})), '^[a-z][a-z0-9+.-]*://([^/?#@]*@)?(www[.])?([a-z0-9_][^/?#:@]*)', 3
    ), '')
{%- endmacro %}
