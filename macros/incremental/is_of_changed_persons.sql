{# A predicate: the row, which has device_key, user_key and checkout_key, may belong to a person that this
   run restates. The model imports int_changed_persons as changed, and once persons are known leaves out
   those who are not in it: of a device that several used, others' rows come along. Test: tests/python/incremental. #}
{% macro is_of_changed_persons() -%}
    (
        device_key in (select changed.identifier_key from changed)
        or user_key in (select changed.identifier_key from changed)
        or checkout_key in (select changed.identifier_key from changed)
    )
{%- endmacro %}
