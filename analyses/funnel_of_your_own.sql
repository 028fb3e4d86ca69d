{# A funnel without a seed: copy this file, change the steps, and run
   `dbt show --select funnel_of_your_own`. The macro funnel explains what a step can say. #}
with

persons as (
    {{ funnel(
        [
            {'event': 'page_view', 'where': "platform = 'web'"},
            {'event': 'search', 'kind': 'optional'},
            {'event': 'save'},
            {'event': 'logout', 'kind': 'excluded'},
        ],
        window_hours=72
    ) }}
),

final as (
    select
        entry_date,
        count(*) as person_count,
        count(*) filter (where is_converted) as converted_count,
        avg(seconds_to_convert) as mean_seconds_to_convert
    from persons
    where is_mature
    group by 1
)

select * from final
order by 1
