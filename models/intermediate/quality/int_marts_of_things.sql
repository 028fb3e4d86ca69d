with

final as (
    {% for kind in [
        'funnel', 'retention', 'feature', 'journey', 'metric', 'experiment', 'segment', 'form',
        'key event', 'process'
    ] -%}
    {% for name in marts_made_of(kind) -%}
    select '{{ kind }}' as thing_kind, '{{ name }}' as mart_name
    union all
    {% endfor -%}
    {% endfor -%}
    select '' as thing_kind, '' as mart_name
    where false
)

select * from final
