{# A Shopify id as the number alone, so that pixel and orders join: the pixel and GraphQL say
   `gid://shopify/Order/450789469`, REST and loaders say `450789469`. Empty text is null.
   Test: assert_shopify_id_is_the_number. #}
{% macro shopify_id(value) -%}
    nullif(regexp_replace({{ value }}, '^gid://shopify/[A-Za-z]+/', ''), '')
{%- endmacro %}
