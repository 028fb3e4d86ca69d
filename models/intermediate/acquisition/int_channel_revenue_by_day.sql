{# Each amount is converted at the rate of its own day before any are added. #}
with

receipts as (
    select * from {{ ref('int_receipts') }}
),

movements as (
    select * from {{ ref('int_mrr_movements') }}
    where movement_kind = 'new'
),

rates as (
    select * from {{ ref('int_currency_rates') }}
),

channels as (
    select customer_id, channel_group from {{ ref('int_customer_channels') }}
),

amounts as (
    select
        customer_id,
        currency,
        amount,
        cast(0 as decimal(18, 8)) as new_mrr,
        received_date as revenue_date
    from receipts
    union all
    select
        customer_id,
        currency,
        cast(0 as decimal(18, 3)),
        cast(mrr_change as decimal(18, 8)),
        moved_date
    from movements
),

with_rate as (
    {{ latest_before(
        'amounts', 'rates', ['currency'], 'revenue_date', 'valid_from', ['rate'], keep_all=true
    ) }}
),

converted as (
    select
        coalesce(channels.channel_group, 'Unknown') as channel_group,
        cast(with_rate.amount * with_rate.rate as decimal(18, 6)) as revenue,
        cast(with_rate.new_mrr * with_rate.rate as decimal(18, 6)) as new_mrr,
        with_rate.revenue_date
    from with_rate
    left join channels on with_rate.customer_id = channels.customer_id
),

final as (
    select
        -- keys
        channel_group,
        -- measures
        cast(coalesce(sum(revenue), 0) as decimal(18, 6)) as revenue,
        cast(coalesce(sum(new_mrr), 0) as decimal(18, 6)) as new_mrr,
        count(*) filter (where revenue is null) as unconverted_revenue_count,
        -- times
        revenue_date
    from converted
    group by 1, 5
)

select * from final
