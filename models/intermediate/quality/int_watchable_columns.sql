with

final as (
    {% for mart in watched_marts() -%}
    {% for column in ['*'] + number_columns(mart) -%}
    select '{{ mart }}' as mart_name, '{{ column }}' as column_name
    union all
    {% endfor -%}
    {% endfor -%}
    select '' as mart_name, '' as column_name
    where false
)

select * from final
