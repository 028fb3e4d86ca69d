with

visitor_counts as (
    select * from {{ ref('int_visitor_counts_by_day') }}
),

lifecycle as (
    select * from {{ ref('lifecycle_by_day') }}
),

final as (
    select
        -- measures
        cast(coalesce(visitor_counts.client_count, 0) as bigint) as client_count,
        cast(coalesce(visitor_counts.checkout_count, 0) as bigint) as checkout_count,
        cast(coalesce(visitor_counts.customer_count, 0) as bigint) as customer_count,
        cast(coalesce(visitor_counts.login_count, 0) as bigint) as login_count,
        lifecycle.new_person_count
        + lifecycle.returning_person_count
        + lifecycle.resurrected_person_count as person_count,
        lifecycle.new_person_count,
        lifecycle.returning_person_count + lifecycle.resurrected_person_count
            as returning_person_count,
        -- times
        lifecycle.event_date
    from lifecycle
    left join visitor_counts on lifecycle.event_date = visitor_counts.event_date
)

select * from final
