{# What a change means is asked of the customer, not of the subscription: a second subscription is
   expansion, and only who has none left has churned. A subscription that changes hands is neither:
   what one customer hands to the other is a transfer, and only the rest is a movement. Sums are
   cast before they are subtracted, since Spark cuts decimals of 38 digits. #}
with

changes as (
    select * from {{ ref('int_mrr_changes') }}
    where mrr_change != 0
),

-- a subscription has one customer at a time: of one day at most one gives and one takes
handed_over as (
    select
        account_id,
        subscription_id,
        currency,
        moved_date,
        cast(least(
            sum(case when mrr_change > 0 then mrr_change else 0 end),
            -sum(case when mrr_change < 0 then mrr_change else 0 end)
        ) as decimal(28, 8)) as handed_mrr
    from changes
    group by 1, 2, 3, 4
),

customer_days as (
    select
        account_id,
        customer_id,
        currency,
        moved_date,
        cast(sum(mrr_change) as decimal(28, 8)) as day_change
    from changes
    group by 1, 2, 3, 4
),

with_closing as (
    select
        *,
        cast(sum(day_change) over (
            partition by account_id, customer_id, currency order by moved_date
        ) as decimal(28, 8)) as closing_mrr
    from customer_days
),

balances as (
    select
        *,
        cast(closing_mrr - day_change as decimal(28, 8)) as opening_mrr,
        lag(closing_mrr) over (
            partition by account_id, customer_id, currency order by moved_date
        ) is not null as had_mrr
    from with_closing
),

parted as (
    select
        changes.*,
        handed_over.handed_mrr,
        case
            when changes.mrr_change > 0 then handed_over.handed_mrr
            else -handed_over.handed_mrr
        end as transferred_mrr
    from changes
    inner join handed_over
        on
            changes.account_id = handed_over.account_id
            and changes.subscription_id = handed_over.subscription_id
            and changes.currency = handed_over.currency
            and changes.moved_date = handed_over.moved_date
),

moved as (
    select
        account_id,
        subscription_id,
        customer_id,
        currency,
        moved_date,
        'transfer' as movement_kind,
        transferred_mrr as mrr_change
    from parted
    where handed_mrr != 0
    union all
    select
        account_id,
        subscription_id,
        customer_id,
        currency,
        moved_date,
        case when handed_mrr != 0 then 'rest of a transfer' end as movement_kind,
        mrr_change - transferred_mrr
    from parted
    where mrr_change != transferred_mrr
),

final as (
    select
        -- keys
        moved.account_id,
        moved.subscription_id,
        moved.customer_id,
        -- attributes
        moved.currency,
        case
            when moved.movement_kind = 'transfer' then 'transfer'
            when moved.movement_kind is null and balances.opening_mrr = 0
                then case when balances.had_mrr then 'reactivation' else 'new' end
            when moved.movement_kind is null and balances.closing_mrr = 0 then 'churn'
            when moved.mrr_change > 0 then 'expansion'
            else 'contraction'
        end as movement_kind,
        -- measures
        cast(moved.mrr_change as decimal(28, 8)) as mrr_change,
        balances.opening_mrr as customer_opening_mrr,
        balances.closing_mrr as customer_closing_mrr,
        -- times
        moved.moved_date
    from moved
    inner join balances
        on
            moved.account_id = balances.account_id
            and moved.customer_id = balances.customer_id
            and moved.currency = balances.currency
            and moved.moved_date = balances.moved_date
)

select * from final
