{# Every month of a currency from its first bill to the end of the data, also those without a
   change. #}
with

changes as (
    select * from {{ ref('int_mrr_changes') }}
),

billing_end as (
    select * from {{ ref('int_billing_end') }}
),

bounds as (
    select
        min(changes.moved_date) as first_date,
        max(greatest(billing_end.end_date, changes.moved_date)) as last_date
    from changes
    cross join billing_end
),

calendar as (
    {{ days_between('bounds', 'first_date', 'last_date') }}
),

months as (
    select distinct {{ period_start('date_day', "'month'") }} as month_start_date
    from calendar
),

currencies as (
    select
        currency,
        {{ period_start('min(moved_date)', "'month'") }} as first_month
    from changes
    group by 1
),

final as (
    select
        -- keys
        currencies.currency,
        -- times
        months.month_start_date
    from currencies
    inner join months on currencies.first_month <= months.month_start_date
)

select * from final
