{# Retention follows the customers that the month opened with: what a new customer adds later in the
   month is no expansion of theirs, so the rates are not sums of the movements beside them. Sums are
   cast before they are subtracted, since Spark cuts decimals of 38 digits. #}
with

months as (
    select * from {{ ref('int_mrr_months') }}
),

billing_end as (
    select * from {{ ref('int_billing_end') }}
),

moved as (
    select
        currency,
        {{ period_start('moved_date', "'month'") }} as month_start_date,
        sum(mrr_change) as mrr_change,
        sum(case when movement_kind = 'new' then mrr_change else 0 end) as new_mrr,
        sum(case when movement_kind = 'expansion' then mrr_change else 0 end) as expansion_mrr,
        sum(case when movement_kind = 'contraction' then mrr_change else 0 end) as contraction_mrr,
        sum(case when movement_kind = 'churn' then mrr_change else 0 end) as churned_mrr,
        sum(case when movement_kind = 'reactivation' then mrr_change else 0 end)
            as reactivation_mrr
    from {{ ref('int_mrr_movements') }}
    group by 1, 2
),

contracted as (
    select
        currency,
        {{ period_start('moved_date', "'month'") }} as month_start_date,
        sum(contract_value_change) as contract_value_change
    from {{ ref('int_mrr_changes') }}
    group by 1, 2
),

customers as (
    select
        currency,
        month_start_date,
        cast(sum(case when opening_mrr > 0 then least(moved_mrr, 0) else 0 end) as decimal(28, 8))
            as lost_mrr,
        cast(sum(case when opening_mrr > 0 then moved_mrr else 0 end) as decimal(28, 8)) as net_mrr,
        count(*) filter (where closing_mrr > 0) - count(*) filter (where opening_mrr > 0)
            as customer_change
    from {{ ref('int_customer_mrr_months') }}
    group by 1, 2
),

joined as (
    select
        months.*,
        moved.new_mrr,
        moved.expansion_mrr,
        moved.contraction_mrr,
        moved.churned_mrr,
        moved.reactivation_mrr,
        customers.lost_mrr,
        customers.net_mrr,
        cast(coalesce(moved.mrr_change, 0) as decimal(28, 8)) as mrr_change,
        cast(sum(moved.mrr_change) over currency_months as decimal(28, 8)) as closing_mrr,
        sum(contracted.contract_value_change) over currency_months as contract_value,
        sum(customers.customer_change) over currency_months as customer_count
    from months
    left join moved
        on
            months.currency = moved.currency
            and months.month_start_date = moved.month_start_date
    left join contracted
        on
            months.currency = contracted.currency
            and months.month_start_date = contracted.month_start_date
    left join customers
        on
            months.currency = customers.currency
            and months.month_start_date = customers.month_start_date
    window currency_months as (
        partition by months.currency order by months.month_start_date
    )
),

with_opening as (
    select
        joined.*,
        joined.closing_mrr - joined.mrr_change as opening_mrr,
        {{ period_start('billing_end.end_date', "'month'") }} > joined.month_start_date
            as is_complete
    from joined
    cross join billing_end
),

final as (
    select
        -- keys
        currency,
        -- measures
        cast(opening_mrr as decimal(28, 8)) as opening_mrr,
        cast(coalesce(new_mrr, 0) as decimal(28, 8)) as new_mrr,
        cast(coalesce(expansion_mrr, 0) as decimal(28, 8)) as expansion_mrr,
        cast(coalesce(contraction_mrr, 0) as decimal(28, 8)) as contraction_mrr,
        cast(coalesce(churned_mrr, 0) as decimal(28, 8)) as churned_mrr,
        cast(coalesce(reactivation_mrr, 0) as decimal(28, 8)) as reactivation_mrr,
        cast(closing_mrr as decimal(28, 8)) as closing_mrr,
        cast(opening_mrr + coalesce(lost_mrr, 0) as decimal(28, 8)) as gross_retained_mrr,
        cast(opening_mrr + coalesce(net_mrr, 0) as decimal(28, 8)) as net_retained_mrr,
        cast(opening_mrr + coalesce(lost_mrr, 0) as double) / nullif(cast(opening_mrr as double), 0)
            as gross_retention_rate,
        cast(opening_mrr + coalesce(net_mrr, 0) as double) / nullif(cast(opening_mrr as double), 0)
            as net_retention_rate,
        cast(closing_mrr * 12 as decimal(28, 6)) as closing_arr,
        cast(contract_value as decimal(28, 8)) as closing_contract_value,
        cast(customer_count as bigint) as closing_customer_count,
        -- flags
        is_complete,
        -- times
        month_start_date
    from with_opening
)

select * from final
