{# A transfer is kept apart: who hands a subscription on has not shrunk, who takes it has not
   grown. Sums are cast before they are subtracted, since Spark cuts decimals of 38 digits. #}
with

movements as (
    select * from {{ ref('int_mrr_movements') }}
),

by_month as (
    select
        account_id,
        customer_id,
        currency,
        {{ period_start('moved_date', "'month'") }} as month_start_date,
        cast(sum(mrr_change) as decimal(28, 8)) as mrr_change,
        cast(sum(case when movement_kind = 'transfer' then mrr_change else 0 end) as decimal(28, 8))
            as transferred_mrr
    from movements
    group by 1, 2, 3, 4
),

with_closing as (
    select
        *,
        cast(sum(mrr_change) over (
            partition by account_id, customer_id, currency order by month_start_date
        ) as decimal(28, 8)) as closing_mrr
    from by_month
),

final as (
    select
        -- keys
        account_id,
        customer_id,
        -- attributes
        currency,
        -- measures
        cast(closing_mrr - mrr_change as decimal(28, 8)) as opening_mrr,
        cast(mrr_change - transferred_mrr as decimal(28, 8)) as moved_mrr,
        cast(transferred_mrr as decimal(28, 8)) as transferred_mrr,
        cast(closing_mrr as decimal(28, 8)) as closing_mrr,
        -- times
        month_start_date
    from with_closing
)

select * from final
