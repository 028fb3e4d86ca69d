{# Rows are told apart by these columns together; a null counts as a value. #}
{% test unique_combination_of(model, columns) %}
select {{ columns | join(', ') }}, count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
