{# The channel that brought a customer: that of the first session anybody knows of the person,
   whatever led to the purchase in the end. #}
with

customers as (
    select identifier_value as customer_id, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

first_visits as (
    select * from {{ ref('int_first_visits') }}
),

person_visits as (
    {{ with_person_key('first_visits') }}
),

ranked_visits as (
    select
        person_key,
        channel_group,
        row_number() over (partition by person_key order by started_at, session_id) as place
    from person_visits
    where person_key in (select customers.person_key from customers)
),

final as (
    select
        -- keys
        customers.customer_id,
        customers.person_key,
        -- attributes
        coalesce(ranked_visits.channel_group, 'Unknown') as channel_group
    from customers
    left join ranked_visits
        on customers.person_key = ranked_visits.person_key and ranked_visits.place = 1
)

select * from final
