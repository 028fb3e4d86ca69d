{# A query: each row of `late` that has a row of `early` with the same keys and a place not after its
   own, with columns of the last of these. Places are unique in `early` within its keys; `take` lists the
   columns taken from it, which `late` does not have. With `keep_all` rows without one stay, with nulls.
   Test: assert_latest_before_takes_the_last. #}
{% macro latest_before(late, early, keys, late_place, early_place, take, keep_all=false) -%}
    {{ return(adapter.dispatch('latest_before', 'headwater')(
        late, early, keys, late_place, early_place, take, keep_all)) }}
{%- endmacro %}

{% macro default__latest_before(late, early, keys, late_place, early_place, take, keep_all) -%}
    select
        {{ late }}.*,
        {%- for column in take %}
        {{ early }}.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ late }}
    asof {{ 'left' if keep_all }} join {{ early }}
        on
            {%- for key in keys %}
            {{ late }}.{{ key }} = {{ early }}.{{ key }} and
            {%- endfor %}
            {{ late }}.{{ late_place }} >= {{ early }}.{{ early_place }}
{%- endmacro %}

{% macro spark__latest_before(late, early, keys, late_place, early_place, take, keep_all) -%}
    select late_row.*, early_row.*
    from (
        select
            late_row,
            last(early_row, true) over (
                partition by {{ keys | join(', ') }}
                order by place, is_late rows between unbounded preceding and current row
            ) as early_row
        from (
            select
                {{ keys | join(', ') }}, {{ early_place }} as place, 0 as is_late,
                struct({{ take | join(', ') }}) as early_row, null as late_row
            from {{ early }}
            union all
            select {{ keys | join(', ') }}, {{ late_place }}, 1, null, struct(*)
            from {{ late }}
        ) as rows_of_both
    ) as with_early_row
    where late_row is not null {{ '' if keep_all else 'and early_row is not null' }}
{%- endmacro %}
