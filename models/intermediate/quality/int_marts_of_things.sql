with

final as (
    {% for kind, names in marts_by_thing().items() -%}
    {% for name in names | sort -%}
    select '{{ kind }}' as thing_kind, '{{ name }}' as mart_name
    union all
    {% endfor -%}
    {% endfor -%}
    select '' as thing_kind, '' as mart_name
    where false
)

select * from final
