{# Of what a subscription costs its discounts leave a share: percentages are taken first, one after
   the other, and amounts from the bill that remains, whatever it is for. #}
with

listed as (
    select * from {{ ref('int_subscription_amounts') }}
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

-- percentages are a product, rounded so that the order of its factors does not show
taken as (
    select
        listed.*,
        count(discounts.subscription_id) as discount_count,
        case
            when max(discounts.percent_off) = 100 then 0
            else coalesce(round(exp(sum(ln(nullif(1 - discounts.percent_off / 100e0, 0)))), 10), 1)
        end as percent_left,
        coalesce(
            sum(case when discounts.currency = listed.currency then discounts.amount_off end), 0
        ) as amount_off
    from listed
    left join discounts
        on
            listed.account_id = discounts.account_id
            and listed.subscription_id = discounts.subscription_id
            and listed.moved_date >= discounts.started_date
            and coalesce(listed.moved_date < discounts.ended_date, true)
    group by all
),

shares as (
    select
        *,
        case
            when discount_count > 0 and period_amount > 0
                then greatest(percent_left - amount_off / cast(period_amount as double), 0)
        end as share_left
    from taken
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
