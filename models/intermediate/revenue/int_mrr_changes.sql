{# Each item adds its monthly amount when it begins to be billed and takes it away when that ends,
   so that upgrades, pauses, moves and removals need no rule of their own. A day is the finest
   grain: what is undone within it does not show, and a burst of webhooks is one change. Of what a
   subscription then costs its discounts leave a share: percentages are taken first, one after the
   other, and amounts from the bill that remains, whatever it is for. #}
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
    select
        account_id,
        subscription_id,
        currency,
        percent_off,
        amount_off,
        {{ local_date('started_at') }} as started_date,
        {{ local_date('ended_at') }} as ended_date
    from {{ ref('int_subscription_discounts') }}
),

discount_dates as (
    select account_id, subscription_id, started_date as moved_date from discounts
    union all
    select account_id, subscription_id, ended_date from discounts
    where ended_date is not null
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

listed as (
    select
        account_id,
        subscription_id,
        customer_id,
        currency,
        moved_date,
        cast(sum(monthly_amount) over customer_days as decimal(28, 8)) as monthly_amount,
        cast(sum(period_amount) over customer_days as decimal(28, 8)) as period_amount
    from by_day
    window customer_days as (
        partition by account_id, subscription_id, customer_id, currency order by moved_date
    )
),

-- a product, rounded so that the order of its factors does not show
taken as (
    select
        listed.account_id,
        listed.subscription_id,
        listed.customer_id,
        listed.currency,
        listed.moved_date,
        case
            when max(discounts.percent_off) = 100 then 0
            else coalesce(round(exp(sum(ln(nullif(1 - discounts.percent_off / 100e0, 0)))), 10), 1)
        end as share_left,
        coalesce(
            sum(case when discounts.currency = listed.currency then discounts.amount_off end), 0
        ) as amount_off
    from listed
    inner join discounts
        on
            listed.account_id = discounts.account_id
            and listed.subscription_id = discounts.subscription_id
            and listed.moved_date >= discounts.started_date
            and coalesce(listed.moved_date < discounts.ended_date, true)
    group by 1, 2, 3, 4, 5
),

shares as (
    select
        listed.*,
        case
            when taken.share_left is not null and listed.period_amount > 0
                then greatest(
                        taken.share_left - taken.amount_off / cast(listed.period_amount as double),
                        0
                    )
        end as share_left
    from listed
    left join taken
        on
            listed.account_id = taken.account_id
            and listed.subscription_id = taken.subscription_id
            and listed.customer_id is not distinct from taken.customer_id
            and listed.currency = taken.currency
            and listed.moved_date = taken.moved_date
),

charged as (
    select
        *,
        case
            when share_left is null then monthly_amount
            else cast(round(cast(monthly_amount as double) * share_left, 8) as decimal(28, 8))
        end as mrr,
        case
            when share_left is null then period_amount
            else cast(round(cast(period_amount as double) * share_left, 8) as decimal(28, 8))
        end as contract_value
    from shares
),

changed as (
    select
        *,
        mrr - coalesce(lag(mrr) over customer_days, 0) as mrr_change,
        contract_value - coalesce(lag(contract_value) over customer_days, 0)
            as contract_value_change
    from charged
    window customer_days as (
        partition by account_id, subscription_id, customer_id, currency order by moved_date
    )
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
        cast(mrr_change as decimal(28, 8)) as mrr_change,
        cast(contract_value_change as decimal(28, 8)) as contract_value_change,
        -- times
        moved_date
    from changed
    where mrr_change != 0 or contract_value_change != 0
)

select * from final
