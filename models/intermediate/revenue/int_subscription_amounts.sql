{# Each item adds its monthly amount when it begins to be billed and takes it away when that ends,
   so that upgrades, pauses, moves and removals need no rule of their own. A day is the finest
   grain: what is undone within it does not show, and a burst of webhooks is one change. #}
with

states as (
    select * from {{ ref('int_subscription_states') }}
    where is_billed
),

prices as (
    select * from {{ ref('int_subscription_item_prices') }}
),

billed as (
    select
        states.account_id,
        states.subscription_id,
        states.customer_id,
        prices.currency,
        prices.monthly_amount,
        prices.period_amount,
        greatest(states.started_at, prices.started_at) as started_at,
        case
            when states.ended_at is null or prices.ended_at < states.ended_at then prices.ended_at
            else states.ended_at
        end as ended_at
    from states
    inner join prices
        on
            states.account_id = prices.account_id
            and states.subscription_id = prices.subscription_id
            and coalesce(states.started_at < prices.ended_at, true)
            and coalesce(states.ended_at > prices.started_at, true)
    where prices.monthly_amount is not null and prices.currency is not null
),

moves as (
    select
        account_id,
        subscription_id,
        customer_id,
        currency,
        {{ local_date('started_at') }} as moved_date,
        monthly_amount,
        period_amount
    from billed
    union all
    select
        account_id,
        subscription_id,
        customer_id,
        currency,
        {{ local_date('ended_at') }},
        -monthly_amount,
        -period_amount
    from billed
    where ended_at is not null
),

discounts as (
    select * from {{ ref('int_subscription_discounts') }}
),

discount_dates as (
    select account_id, subscription_id, {{ local_date('started_at') }} as moved_date
    from discounts
    union all
    select account_id, subscription_id, {{ local_date('ended_at') }}
    from discounts
    where ended_at is not null
),

customers as (
    select distinct account_id, subscription_id, customer_id, currency from billed
),

-- where only a discount changes, the price does not
moves_and_discounts as (
    select * from moves
    union all
    select
        customers.account_id,
        customers.subscription_id,
        customers.customer_id,
        customers.currency,
        discount_dates.moved_date,
        0,
        0
    from discount_dates
    inner join customers
        on
            discount_dates.account_id = customers.account_id
            and discount_dates.subscription_id = customers.subscription_id
),

by_day as (
    select
        account_id,
        subscription_id,
        customer_id,
        currency,
        moved_date,
        cast(sum(monthly_amount) as decimal(28, 8)) as monthly_amount,
        cast(sum(period_amount) as decimal(28, 8)) as period_amount
    from moves_and_discounts
    group by 1, 2, 3, 4, 5
),

final as (
    select
        -- keys
        account_id,
        subscription_id,
        customer_id,
        -- attributes
        currency,
        -- measures
        cast(sum(monthly_amount) over customer_days as decimal(28, 8)) as monthly_amount,
        cast(sum(period_amount) over customer_days as decimal(28, 8)) as period_amount,
        -- times
        moved_date
    from by_day
    window customer_days as (
        partition by account_id, subscription_id, customer_id, currency order by moved_date
    )
)

select * from final
