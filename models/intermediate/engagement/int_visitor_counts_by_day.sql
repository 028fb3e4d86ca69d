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
        count(distinct device_key) as client_count,
        count(distinct checkout_key) as checkout_count,
        count(distinct case when source_name = 'shopify' then user_key end) as customer_count,
        count(distinct case when source_name != 'shopify' then user_key end) as login_count,
        event_date
    from visitor_hours
    group by 5
)

select * from final
