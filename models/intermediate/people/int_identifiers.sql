{# The identifiers in the sets, one row each. Junk is none, whatever it was sent as. #}
with

sets as (
    select * from {{ ref('int_identifier_sets') }}
    {% if is_incremental() -%}
    where set_key in {{ keys_changed_by('int_identifier_sets') }}
    {%- endif %}
),

junk as (
    select identifier_value from {{ ref('junk_identifiers') }}
),

listed as (
    select
        device_key as identifier_key,
        'device' as identifier_type,
        source_name,
        device_id as identifier_value,
        evidence,
        first_seen_at
    from sets
    union all
    select user_key, 'user', null, user_id, evidence, first_seen_at from sets
    union all
    select shop_customer_key, 'customer', null, shop_customer_id, evidence, first_seen_at from sets
    union all
    select checkout_key, 'checkout', null, checkout_id, evidence, first_seen_at from sets
    union all
    select email_key, 'email', null, email_hash, evidence, first_seen_at from sets
    union all
    select
        stripe_customer_key, 'stripe_customer', null, stripe_customer_id, evidence, first_seen_at
    from sets
    union all
    select crm_person_key, 'crm_person', null, crm_person_id, evidence, first_seen_at from sets
    {%- if is_incremental() %}
    union all
    select * from {{ this }}
    where identifier_key in (
        select unnest([
            device_key, user_key, shop_customer_key, checkout_key, email_key, stripe_customer_key,
            crm_person_key
        ])
        from sets
    )
    {%- endif %}
),

final as (
    select
        identifier_key,
        identifier_type,
        source_name,
        identifier_value,
        min(evidence) as evidence,
        min(first_seen_at) as first_seen_at
    from listed
    where
        identifier_key is not null
        and lower(identifier_value) not in (select junk.identifier_value from junk)
    group by 1, 2, 3, 4
)

select * from final
