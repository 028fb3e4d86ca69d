{# Every value that is not null matches a regular expression as a whole pattern. #}
{% test matches_pattern(model, column_name, pattern) %}
select {{ column_name }}
from {{ model }}
where not {{ matches(column_name, pattern) }}
{% endtest %}
