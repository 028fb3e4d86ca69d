{# A month opens with what the one before closed with, and no month is missing in between. #}
with

months as (
    select
        currency,
        month_start_date,
        opening_mrr,
        lag(closing_mrr) over (partition by currency order by month_start_date)
            as previous_closing_mrr,
        lag(month_start_date) over (partition by currency order by month_start_date)
            as previous_month
    from {{ ref('mrr_by_month') }}
)

select *
from months
where
    opening_mrr != coalesce(previous_closing_mrr, 0)
    or month_start_date != previous_month + interval 1 month
