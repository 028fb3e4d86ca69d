{# How long each customer has paid for something that recurs. Who hands the last subscription on has
   not left: what became of it is told by the one who took it. #}
with

movements as (
    select * from {{ ref('int_mrr_movements') }}
),

plans as (
    select * from {{ ref('int_customer_plans') }}
),

billing_end as (
    select * from {{ ref('int_billing_end') }}
),

with_ends as (
    select
        movements.*,
        min(movements.moved_date) over customers as started_date,
        max(movements.moved_date) over customers as last_moved_date,
        greatest(billing_end.end_date, max(movements.moved_date) over customers)
            as told_until_date
    from movements
    cross join billing_end
    window customers as (
        partition by movements.account_id, movements.customer_id, movements.currency
    )
),

-- the balance of the last day is on all rows of that day
ends as (
    select
        account_id,
        customer_id,
        currency,
        customer_closing_mrr as mrr,
        started_date,
        told_until_date,
        case when customer_closing_mrr = 0 then last_moved_date end as ended_date,
        case when customer_closing_mrr = 0 then last_moved_date else told_until_date end
            as until_date,
        max(case when movement_kind = 'churn' then 1 else 0 end) = 1 as has_left
    from with_ends
    where moved_date = last_moved_date
    group by 1, 2, 3, 4, 5, 6, 7, 8
),

measured as (
    select
        ends.*,
        {{ dbt.datediff(
            'ends.started_date', 'ends.told_until_date', 'day'
        ) }} as told_days, -- noqa: LT05
        {{ dbt.datediff(
            'ends.started_date', 'ends.until_date', 'day'
        ) }} as lifetime_days, -- noqa: LT05
        {{ dbt.datediff(
            'movements.moved_date', 'ends.until_date', 'day'
        ) }} as days_since, -- noqa: LT05
        movements.mrr_change
    from ends
    inner join movements
        on
            ends.account_id = movements.account_id
            and ends.customer_id = movements.customer_id
            and ends.currency = movements.currency
),

final as (
    select
        -- keys
        measured.account_id,
        measured.customer_id,
        -- attributes
        measured.currency,
        coalesce(plans.plan_name, 'unknown') as plan_name,
        -- measures
        cast(measured.lifetime_days as integer) as lifetime_days,
        cast(
            case
                when measured.ended_date is null or measured.has_left then measured.told_days
                else measured.lifetime_days
            end as integer
        ) as followed_days,
        measured.mrr,
        cast(sum(cast(measured.mrr_change as decimal(26, 8)) * measured.days_since) as double)
            as mrr_days,
        -- flags
        measured.has_left,
        -- times
        measured.started_date,
        measured.ended_date
    from measured
    left join plans
        on
            measured.account_id = plans.account_id
            and measured.customer_id = plans.customer_id
            and measured.currency = plans.currency
    group by 1, 2, 3, 4, 5, 6, 7, 9, 10, 11
)

select * from final
