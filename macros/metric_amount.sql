{# What an event of int_named_events adds to a metric: 1, or its property as a decimal, so that sums
   do not depend on the order of events. Null where the property is no number.
   Test: the unit tests of int_experiment_values. #}
{% macro metric_amount(part, event) -%}
    case
        when {{ part }}.property_name = '' then cast(1 as decimal(38, 12))
        else try_cast({{ event }}.property_value as decimal(38, 12))
    end
{%- endmacro %}

{# Whether that is a finite number; also true of text that is no number, and counts as nothing. A
   number that metric_amount finds is, and is not read again. #}
{% macro metric_amount_is_finite(part, event) -%}
    case
        when {{ metric_amount(part, event) }} is not null then true
        else coalesce(abs(try_cast({{ event }}.property_value as double)) < 1e26, true)
    end
{%- endmacro %}

{# What a person's sums are to the metric: itself, or in a proportion whether there is any. #}
{% macro metric_value(kind, amount) -%}
    cast(case
        when {{ kind }} != 'proportion' then {{ amount }} when {{ amount }} > 0 then 1 else 0
    end as double)
{%- endmacro %}

{# What that is divided by: a sum of its own in a ratio, else 1. #}
{% macro metric_divisor(kind, amount) -%}
    cast(case when {{ kind }} = 'ratio' then {{ amount }} else 1 end as double)
{%- endmacro %}
