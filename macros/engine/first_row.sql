{# Some columns of the row that comes first, an aggregate that gives a struct with their names. order_by
   lists columns that tell rows of a group apart and are null in none that could come first.
   Test: assert_first_row_keeps_a_row_together. #}
{% macro first_row(columns, order_by) -%}
    {{ return(adapter.dispatch('first_row', 'headwater')(columns, order_by)) }}
{%- endmacro %}

{% macro default__first_row(columns, order_by) -%}
    min_by(
        struct_pack(
            {%- for column in columns %}
            {{ column }} := {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        ),
        row({{ order_by | join(', ') }})
    )
{%- endmacro %}

{% macro spark__first_row(columns, order_by) -%}
    min_by(struct({{ columns | join(', ') }}), struct({{ order_by | join(', ') }}))
{%- endmacro %}
