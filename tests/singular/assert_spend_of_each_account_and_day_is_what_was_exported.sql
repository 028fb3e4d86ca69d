{# Spend in = spend out, to the millionth, per platform, account, currency and day; and what
   channels show is what has a rate. #}
with

exported as (
    select
        'google_ads' as platform,
        account_id,
        currency,
        stat_date as spend_date,
        cast(cost_micros as decimal(18, 0)) * 0.000001 as spend
    from {{ ref('stg_google_ads__campaign_stats') }}
    where is_latest
    union all
    select 'meta_ads', account_id, currency, stat_date, {{ major_units('cost_cents', 'currency') }}
    from {{ ref('stg_meta_ads__ad_insights') }}
    where is_latest
),

flows as (
    select * from exported
    union all
    select platform, account_id, currency, spend_date, -spend
    from {{ ref('ad_spend_by_day') }}
),

converted as (
    select reporting_spend as spend from {{ ref('ad_spend_by_day') }}
    where has_rate
    union all
    select -spend from {{ ref('channel_performance_by_day') }}
)

select platform, account_id, currency, cast(spend_date as string) as spend_date
from flows
group by 1, 2, 3, 4
having sum(spend) != 0
union all
select 'channels', null, null, null
from converted
having sum(spend) != 0
