{# Identifiers that were seen together, by the rule that says what this means. #}
with

sets as (
    select * from {{ ref('int_identifier_sets') }}
    {% if is_incremental() -%}
    where set_key in {{ keys_changed_by('int_identifier_sets') }}
    {%- endif %}
),

identifiers as (
    select identifier_key from {{ ref('int_identifiers') }}
),

pairs as (
    select device_key as left_key, user_key as right_key, 'login' as rule, evidence, first_seen_at
    from sets
    union all
    select device_key, shop_customer_key, 'customer', evidence, first_seen_at from sets
    union all
    select device_key, checkout_key, 'checkout', evidence, first_seen_at from sets
    union all
    select checkout_key, shop_customer_key, 'checkout', evidence, first_seen_at from sets
    union all
    select checkout_key, user_key, 'checkout', evidence, first_seen_at from sets
    union all
    select stripe_customer_key, user_key, 'billing', evidence, first_seen_at from sets
    union all
    select email_key, user_key, 'email', evidence, first_seen_at from sets
    union all
    select email_key, shop_customer_key, 'email', evidence, first_seen_at from sets
    union all
    select email_key, stripe_customer_key, 'email', evidence, first_seen_at from sets
    union all
    select email_key, crm_person_key, 'email', evidence, first_seen_at from sets
    union all
    select email_key, coalesce(checkout_key, device_key), 'email', evidence, first_seen_at from sets
    where user_key is null and shop_customer_key is null
),

linked as (
    select pairs.*
    from pairs
    where
        left_key in (select identifiers.identifier_key from identifiers)
        and right_key in (select identifiers.identifier_key from identifiers)
),

{% if is_incremental() -%}
known as (
    select edges.*
    from {{ this }} as edges
    semi join linked
        on
            edges.left_key = linked.left_key
            and edges.right_key = linked.right_key
            and edges.rule = linked.rule
),
{%- endif %}

sightings as (
    select * from linked
    {%- if is_incremental() %}
    union all
    select * from known
    {%- endif %}
),

final as (
    select
        left_key,
        right_key,
        rule,
        min(evidence) as evidence,
        min(first_seen_at) as first_seen_at
    from sightings
    group by 1, 2, 3
)

select * from final
