{# CTEs up to `sizes`: how many persons of each group count for each metric by the last moment of data,
   whether they did anything or not. Metrics that wait for the same time count the same persons, who
   are counted once. The model imports judged (experiment_name, metric_name, window_days,
   needs_full_window) and last_moment; units: a relation with experiment_name and exposed_at; groups:
   what they are grouped by, expressions of it and of awaited by name.
   Test: the unit tests of int_experiment_sizes. #}
{% macro experiment_size_ctes(units, groups) -%}
    awaited as (
        select distinct
            experiment_name,
            needs_full_window,
            case when needs_full_window then window_days end as window_days,
            case when needs_full_window then window_days else -1 end as awaited_days
        from judged
    ),

    counted as (
        select
            awaited.experiment_name,
            awaited.awaited_days,
            {%- for name, expression in groups.items() %}
            {{ expression }} as {{ name }},
            {%- endfor %}
            count(*) as person_count
        from {{ units }}
        inner join awaited on {{ units }}.experiment_name = awaited.experiment_name
        cross join last_moment
        where {{ is_mature('awaited', units ~ '.exposed_at', 'last_moment.last_moment') }}
        group by all
    ),

    sizes as (
        select
            judged.experiment_name,
            judged.metric_name,
            {%- for name in groups %}
            counted.{{ name }},
            {%- endfor %}
            counted.person_count
        from judged
        inner join counted
            on
                judged.experiment_name = counted.experiment_name
                and case when judged.needs_full_window then judged.window_days else -1 end
                = counted.awaited_days
    )
{%- endmacro %}
