{# The channel that brought a customer: that of the first session anybody knows of the person,
   whatever led to the purchase in the end. #}
with

customers as (
    select identifier_value as customer_id, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

first_visits as (
    select person_key, channel_group from {{ ref('int_person_first_visits') }}
),

final as (
    select
        -- keys
        customers.customer_id,
        customers.person_key,
        -- attributes
        coalesce(first_visits.channel_group, 'Unknown') as channel_group
    from customers
    left join first_visits on customers.person_key = first_visits.person_key
)

select * from final
