{# Value of one parameter of a URL's query, decoded: `url_parameter('page_url', 'utm_source')`. Null when
   the parameter is absent or empty, or when it cannot be decoded; the first wins when it is repeated.
   Test: assert_url_parameter_decodes. #}
{% macro url_parameter(url, name) -%}
    {{ return(adapter.dispatch('url_parameter', 'headwater')(url, name)) }}
{%- endmacro %}

{% macro default__url_parameter(url, name) -%}
    nullif(try(url_decode(replace(regexp_extract({{ url }}, '[?&]{{ name }}=([^&#]*)', 1), '+', ' '))), '')
{%- endmacro %}

{# Spark decodes bytes that are no text as U+FFFD instead of failing. #}
{% macro spark__url_parameter(url, name) -%}
    {%- set decoded = "try_url_decode(regexp_extract(" ~ url ~ ", '[?&]" ~ name ~ "=([^&#]*)', 1))" -%}
    case when not contains({{ decoded }}, '\ufffd') then nullif({{ decoded }}, '') end
{%- endmacro %}
