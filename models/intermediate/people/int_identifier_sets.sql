{# What was seen together: on an event, an order, a customer's or a contact's record. Every landed
   row is evidence, further copies too, so that the order of arrival does not matter. Only a set
   that is new, or now known from earlier, is written. #}
with

landed_events as (
    select source_name, device_id, user_id, checkout_id, email_hash, occurred_at, event_id
    from {{ ref('int_landed_events') }}
    where reject_reason is null and not is_bot and {{ is_of_this_run('landed_date') }}
),

orders as (
    select customer_id, checkout_id, email_hash, created_at, order_id
    from {{ ref('stg_shopify__orders') }}
),

stripe_customers as (
    select customer_id, user_id, email_hash, created_at
    from {{ ref('stg_stripe__customers') }}
),

crm_persons as (
    select person_id, email_hash, created_at
    from {{ ref('stg_pipedrive__persons') }}
),

on_events as (
    select
        source_name,
        device_id,
        user_id,
        checkout_id,
        email_hash,
        min(occurred_at) as first_seen_at,
        replace(cast(min(event_id) as string), '-', '') as evidence
    from landed_events
    group by 1, 2, 3, 4, 5
),

sightings as (
    select
        source_name,
        device_id,
        case when source_name != 'shopify' then user_id end as user_id,
        case when source_name = 'shopify' then user_id end as shop_customer_id,
        checkout_id,
        email_hash,
        cast(null as string) as stripe_customer_id,
        cast(null as string) as crm_person_id,
        'event ' || evidence as evidence,
        first_seen_at
    from on_events
    union all
    select
        'shopify', null, null, customer_id, checkout_id, email_hash, null, null,
        'order ' || order_id, created_at
    from orders
    union all
    select
        'stripe', null, user_id, null, null, email_hash, customer_id, null,
        'customer ' || customer_id, created_at
    from stripe_customers
    union all
    select
        'pipedrive', null, null, null, null, email_hash, null, person_id,
        'person ' || person_id, created_at
    from crm_persons
),

keyed as (
    select
        source_name,
        device_id,
        user_id,
        shop_customer_id,
        checkout_id,
        email_hash,
        stripe_customer_id,
        crm_person_id,
        {{ identifier_key("'device'", 'source_name', 'device_id') }} as device_key,
        {{ identifier_key("'user'", "''", 'user_id') }} as user_key,
        {{ identifier_key("'customer'", "''", 'shop_customer_id') }} as shop_customer_key,
        {{ identifier_key("'checkout'", "''", 'checkout_id') }} as checkout_key,
        {{ identifier_key("'email'", "''", 'email_hash') }} as email_key,
        {{ identifier_key("'stripe_customer'", "''", 'stripe_customer_id') }}
            as stripe_customer_key,
        {{ identifier_key("'crm_person'", "''", 'crm_person_id') }} as crm_person_key,
        evidence,
        first_seen_at
    from sightings
),

sets as (
    select
        {{ identifier_key("'set'", 'source_name', "concat_ws('|', coalesce(device_key, 0), "
            ~ "coalesce(user_key, 0), coalesce(shop_customer_key, 0), coalesce(checkout_key, 0), "
            ~ "coalesce(email_key, 0), coalesce(stripe_customer_key, 0), "
            ~ "coalesce(crm_person_key, 0))") }} as set_key,
        source_name,
        device_id,
        user_id,
        shop_customer_id,
        checkout_id,
        email_hash,
        stripe_customer_id,
        crm_person_id,
        device_key,
        user_key,
        shop_customer_key,
        checkout_key,
        email_key,
        stripe_customer_key,
        crm_person_key,
        min(evidence) as evidence,
        min(first_seen_at) as first_seen_at
    from keyed
    group by all
),

{% if is_incremental() -%}
final as (
    select
        sets.* replace (
            least(sets.evidence, known.evidence) as evidence,
            least(sets.first_seen_at, known.first_seen_at) as first_seen_at
        )
    from sets
    left join {{ this }} as known on sets.set_key = known.set_key
    where
        known.set_key is null
        or sets.evidence < known.evidence
        or sets.first_seen_at < known.first_seen_at
)
{%- else -%}
final as (
    select * from sets
)
{%- endif %}

select * from final
