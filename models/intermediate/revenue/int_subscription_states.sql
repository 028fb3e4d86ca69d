{# Versions that change nothing about who is billed are left out, so that a daily snapshot costs the
   steps after this one no more than a webhook for each change. #}
with

versions as (
    select * from {{ ref('int_subscription_versions') }}
),

-- who was first landed after the end was billed before it, if the trial ended first
dated as (
    select
        account_id,
        subscription_id,
        customer_id,
        is_billed,
        changed_at,
        version_at,
        1 as place
    from versions
    union all
    select
        account_id,
        subscription_id,
        customer_id,
        true as is_billed,
        first_billed_at as changed_at,
        version_at,
        0 as place
    from versions
    where is_first and status = 'canceled' and first_billed_at < ended_at
),

with_previous as (
    select
        *,
        lag(is_billed) over (
            partition by account_id, subscription_id order by version_at, place
        ) as was_billed,
        lag(customer_id) over (
            partition by account_id, subscription_id order by version_at, place
        ) as previous_customer_id
    from dated
),

final as (
    select
        -- keys
        account_id,
        subscription_id,
        customer_id,
        -- flags
        is_billed,
        -- times, UTC
        changed_at as started_at,
        lead(changed_at) over (
            partition by account_id, subscription_id order by version_at, place
        ) as ended_at
    from with_previous
    where
        was_billed is null
        or is_billed != was_billed
        or customer_id is distinct from previous_customer_id
)

select * from final
