{# Whether a condition of the seed event_filters holds: `value` is the property as text, `operator` and
   `operand` are the seed's columns. Never null. Test: assert_filter_holds_knows_every_operator. #}
{% macro filter_holds(value, operator, operand) -%}
    coalesce(
        case {{ operator }}
            when '=' then {{ value }} = {{ operand }}
            when '!=' then coalesce({{ value }} != {{ operand }}, true)
            when 'in' then instr('|' || {{ operand }} || '|', '|' || {{ value }} || '|') > 0
            when 'not in'
                then coalesce(instr('|' || {{ operand }} || '|', '|' || {{ value }} || '|') = 0, true)
            when 'contains' then instr(lower({{ value }}), lower({{ operand }})) > 0
            when '<' then try_cast({{ value }} as double) < try_cast({{ operand }} as double)
            when '<=' then try_cast({{ value }} as double) <= try_cast({{ operand }} as double)
            when '>' then try_cast({{ value }} as double) > try_cast({{ operand }} as double)
            when '>=' then try_cast({{ value }} as double) >= try_cast({{ operand }} as double)
            when 'is set' then {{ value }} is not null
            when 'is not set' then {{ value }} is null
        end,
        false
    )
{%- endmacro %}
