{# What came of people after the adoption window. Who had paid before it ended can no longer begin
   to, so there is no conversion of theirs to ask for. #}
with

windows as (
    select person_key, start_date, outcome_start_date, outcome_end_date
    from {{ ref('int_impact_windows') }}
),

customers as (
    select identifier_value as customer_id, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
    where identifier_type = 'stripe_customer'
),

subscriptions as (
    select
        cast(person_id as bigint) as person_key,
        {{ local_date('min(first_paid_at)') }} as paid_date
    from {{ ref('int_subscription_starts') }}
    group by 1
),

expansions as (
    select customer_id, moved_date from {{ ref('int_mrr_movements') }}
    where movement_kind = 'expansion'
),

payments as (
    select * from {{ ref('int_person_payments') }}
),

active_days as (
    select entity_key as person_key, event_date from {{ ref('int_active_days') }}
    where entity_type = 'person'
),

retained as (
    select distinct windows.person_key
    from windows
    inner join active_days
        on
            windows.person_key = active_days.person_key
            and windows.outcome_start_date <= active_days.event_date
            and windows.outcome_end_date > active_days.event_date
            and windows.outcome_end_date - {{ var('impact_retained_days') }}
            <= active_days.event_date
),

upgraded as (
    select distinct windows.person_key
    from windows
    inner join customers on windows.person_key = customers.person_key
    inner join expansions on customers.customer_id = expansions.customer_id
    where
        expansions.moved_date >= windows.outcome_start_date
        and expansions.moved_date < windows.outcome_end_date
),

revenue as (
    select
        windows.person_key,
        sum(payments.reporting_amount) filter (
            where payments.paid_date >= windows.outcome_start_date
        ) as outcome_amount,
        sum(payments.unknown_count) filter (
            where payments.paid_date >= windows.outcome_start_date
        ) as outcome_unknown_count,
        sum(payments.reporting_amount) as amount,
        sum(payments.unknown_count) as unknown_count
    from windows
    inner join payments
        on
            windows.person_key = payments.person_key
            and windows.start_date <= payments.paid_date
            and windows.outcome_end_date > payments.paid_date
    group by 1
),

final as (
    select
        -- keys
        windows.person_key,
        -- measures
        case
            when coalesce(revenue.outcome_unknown_count, 0) = 0
                then cast(coalesce(revenue.outcome_amount, 0) as decimal(28, 6))
        end as revenue,
        case
            when coalesce(revenue.unknown_count, 0) = 0
                then cast(coalesce(revenue.amount, 0) as decimal(28, 6))
        end as revenue_since_start,
        -- flags
        case
            when subscriptions.paid_date < windows.outcome_start_date then null
            else coalesce(subscriptions.paid_date < windows.outcome_end_date, false)
        end as is_converted,
        upgraded.person_key is not null as is_upgraded,
        retained.person_key is not null as is_retained
    from windows
    left join subscriptions on windows.person_key = subscriptions.person_key
    left join upgraded on windows.person_key = upgraded.person_key
    left join retained on windows.person_key = retained.person_key
    left join revenue on windows.person_key = revenue.person_key
)

select * from final
