{# Nothing is lost and nothing appears: the model, together with its siblings, has as many rows as the
   parent. `*_where` are predicates, one a sibling. #}
{% test conserves_rows_of(
    model, parent, siblings=[], parent_where='true', model_where='true', siblings_where=[]
) %}
with

counted as (
    select count(*) as row_count from {{ parent }} where {{ parent_where }}
    union all
    select -count(*) from {{ model }} where {{ model_where }}
    {%- for sibling in siblings %}
    union all
    select -count(*) from {{ sibling }} where {{ siblings_where[loop.index0] | default('true') }}
    {%- endfor %}
)

select sum(row_count) as rows_lost
from counted
having sum(row_count) != 0
{% endtest %}
