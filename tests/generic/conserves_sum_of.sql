{# A column adds up to what an expression adds up to in the parent: nothing is lost on the way. #}
{% test conserves_sum_of(model, column, parent, parent_column, parent_where='true') %}
with

totals as (
    select
        (select coalesce(sum({{ column }}), 0) from {{ model }}) as model_total,
        (
            select coalesce(sum({{ parent_column }}), 0) from {{ parent }} where {{ parent_where }}
        ) as parent_total
)

select *
from totals
where model_total != parent_total
{% endtest %}
