{# Type of identifier that a source's user_id is: the shop's is a customer's number, every other
   source's a login. Test: the unit tests of int_visitor_hours and tests/python/people. #}
{% macro login_type(source_name) -%}
    case {{ source_name }} when 'shopify' then 'customer' else 'user' end
{%- endmacro %}
