{# Pixel and orders join only when both write an id in the same way. #}
with

cases (case_number, given, expected) as (
    values
    (1, 'gid://shopify/Order/450789469', '450789469'),
    (2, 'gid://shopify/OrderIdentity/450789469', '450789469'),
    (3, '450789469', '450789469'),
    (4, '', null),
    (5, null, null)
)

select *
from cases
where {{ shopify_id('given') }} is distinct from expected
