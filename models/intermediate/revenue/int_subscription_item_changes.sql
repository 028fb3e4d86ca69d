{# An item's own change is dated like its subscription's: see int_subscription_versions. #}
with

versions as (
    select * from {{ ref('int_subscription_versions') }}
),

items as (
    select * from {{ ref('int_subscription_item_versions') }}
),

first_versions as (
    select account_id, subscription_id, created_at, started_at
    from versions
    where is_first
),

shown as (
    select
        items.*,
        case
            when items.previous_version_at is null
                -- what was made within the hour was part of it from its start
                and items.created_at > first_versions.created_at + interval 1 hour
                then least(items.created_at, items.version_at)
            when items.previous_version_at is null
                then least(first_versions.started_at, items.version_at)
            when
                items.current_period_started_at > items.previous_version_at
                and items.current_period_started_at <= items.version_at
                then items.current_period_started_at
            else coalesce(versions.changed_at, items.version_at)
        end as changed_at
    from items
    inner join first_versions
        on
            items.account_id = first_versions.account_id
            and items.subscription_id = first_versions.subscription_id
    left join versions
        on
            items.account_id = versions.account_id
            and items.subscription_id = versions.subscription_id
            and items.version_at = versions.version_at
),

removed as (
    select
        items.*,
        versions.changed_at
    from items
    inner join versions
        on
            items.account_id = versions.account_id
            and items.subscription_id = versions.subscription_id
            and items.removed_version_at = versions.version_at
),

final as (
    select
        -- keys
        account_id,
        subscription_id,
        subscription_item_id,
        price_id,
        product_id,
        -- attributes
        currency,
        recurring_interval,
        usage_type,
        -- measures
        unit_amount_cents,
        recurring_interval_count,
        quantity,
        -- flags
        not is_deleted as is_present,
        -- times, UTC
        version_at,
        changed_at
    from shown
    union all
    select
        account_id,
        subscription_id,
        subscription_item_id,
        price_id,
        product_id,
        currency,
        recurring_interval,
        usage_type,
        unit_amount_cents,
        recurring_interval_count,
        quantity,
        false,
        removed_version_at,
        changed_at
    from removed
)

select * from final
