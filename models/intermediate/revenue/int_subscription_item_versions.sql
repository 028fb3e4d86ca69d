{# Two kinds of export tell of a removed item: it is marked deleted, or it is missing where the
   subscription was landed together with its items (same row of the same file). #}
with

versions as (
    select * from {{ ref('int_subscription_versions') }}
),

items as (
    select
        coalesce(account_id, '') as account_id,
        subscription_id,
        subscription_item_id,
        price_id,
        product_id,
        currency,
        recurring_interval,
        recurring_interval_count,
        usage_type,
        unit_amount_cents,
        quantity,
        is_deleted,
        created_at,
        current_period_started_at,
        version_at,
        file_name,
        row_number_in_file,
        row_number() over (
            partition by account_id, subscription_item_id, version_at
            order by landed_at desc, file_name desc, row_number_in_file desc
        ) as copy_number
    from {{ ref('stg_stripe__subscription_items') }}
    where subscription_id is not null and coalesce(is_live, true)
),

-- a moment is complete when it shows all items that the subscription then had
moments as (
    select
        items.account_id,
        items.subscription_id,
        items.version_at,
        max(versions.version_at) as complete_at
    from items
    left join versions
        on
            items.account_id = versions.account_id
            and items.subscription_id = versions.subscription_id
            and items.version_at = versions.version_at
            and items.file_name = versions.file_name
            and items.row_number_in_file = versions.row_number_in_file
    group by 1, 2, 3
),

with_next_complete as (
    select
        *,
        min(complete_at) over (
            partition by account_id, subscription_id
            order by version_at
            rows between 1 following and unbounded following
        ) as next_complete_at
    from moments
),

with_neighbours as (
    select
        items.*,
        with_next_complete.next_complete_at,
        lag(items.version_at) over (
            partition by items.account_id, items.subscription_item_id order by items.version_at
        ) as previous_version_at,
        lead(items.version_at) over (
            partition by items.account_id, items.subscription_item_id order by items.version_at
        ) as next_version_at
    from items
    inner join with_next_complete
        on
            items.account_id = with_next_complete.account_id
            and items.subscription_id = with_next_complete.subscription_id
            and items.version_at = with_next_complete.version_at
    where items.copy_number = 1
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
        is_deleted,
        -- times, UTC
        created_at,
        current_period_started_at,
        previous_version_at,
        version_at,
        case
            when next_version_at is null or next_complete_at < next_version_at
                then next_complete_at
        end as removed_version_at
    from with_neighbours
)

select * from final
