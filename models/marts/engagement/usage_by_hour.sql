-- depends_on: {{ ref('int_changed_visitor_days') }}
with

visitor_hours as (
    select * from {{ ref('int_visitor_hours') }}
    {% if is_incremental() -%}
    where event_date in (select event_date from {{ ref('int_changed_visitor_days') }})
    {%- endif %}
),

final as (
    select
        -- keys
        event_hour,
        -- attributes
        cast({{ iso_weekday('event_date') }} as integer) as weekday_number,
        -- measures
        cast(sum(event_count) as bigint) as event_count,
        count(distinct {{ row_hash(['source_name', 'visitor_id']) }}) as visitor_count,
        -- times
        event_date
    from visitor_hours
    group by 1, 2, 5
)

select * from final
