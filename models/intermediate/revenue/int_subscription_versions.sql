{# A version says since when a subscription is as it is only where Stripe dates the change: its end,
   and the billing period that began with it. Else the change is as late as the version. #}
with

subscriptions as (
    select *, coalesce(account_id, '') as stripe_account_id
    from {{ ref('stg_stripe__subscriptions') }}
    where coalesce(is_live, true)
),

item_periods as (
    select
        coalesce(account_id, '') as stripe_account_id,
        subscription_id,
        version_at,
        max(current_period_started_at) as current_period_started_at
    from {{ ref('stg_stripe__subscription_items') }}
    where coalesce(is_live, true)
    group by 1, 2, 3
),

ranked as (
    select
        subscriptions.*,
        coalesce(
            subscriptions.current_period_started_at, item_periods.current_period_started_at
        ) as period_started_at,
        row_number() over (
            partition by
                subscriptions.stripe_account_id,
                subscriptions.subscription_id,
                subscriptions.version_at
            order by
                subscriptions.landed_at desc,
                subscriptions.file_name desc,
                subscriptions.row_number_in_file desc
        ) as copy_number
    from subscriptions
    left join item_periods
        on
            subscriptions.stripe_account_id = item_periods.stripe_account_id
            and subscriptions.subscription_id = item_periods.subscription_id
            and subscriptions.version_at = item_periods.version_at
),

with_previous as (
    select
        *,
        lag(version_at) over (
            partition by stripe_account_id, subscription_id order by version_at
        ) as previous_version_at,
        -- the first bill: Stripe ends a trial with it
        greatest(
            started_at,
            case when trial_ended_at <= version_at then trial_ended_at else started_at end
        ) as first_billed_at
    from ranked
    where copy_number = 1
),

final as (
    select
        -- keys
        stripe_account_id as account_id,
        subscription_id,
        customer_id,
        -- attributes
        status,
        discounts,
        -- flags
        status in ('active', 'past_due')
        and coalesce(pause_behavior not in ('void', 'mark_uncollectible'), true) as is_billed,
        previous_version_at is null as is_first,
        -- times, UTC
        created_at,
        started_at,
        first_billed_at,
        ended_at,
        case
            when status = 'canceled' and ended_at <= version_at
                and (previous_version_at is null or ended_at > previous_version_at)
                then ended_at
            when previous_version_at is null then least(first_billed_at, version_at)
            when period_started_at > previous_version_at and period_started_at <= version_at
                then period_started_at
            else version_at
        end as changed_at,
        version_at,
        -- landing
        file_name,
        row_number_in_file
    from with_previous
)

select * from final
