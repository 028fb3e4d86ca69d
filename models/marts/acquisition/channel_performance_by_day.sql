{# Spend and visits count on their own day; trials, new customers and their money on the day of the
   trial, of the first payment and of each payment, for the channel of the person's first session.
   Longer than a screen for its columns. #}
with

spend as (
    select * from {{ ref('ad_spend_by_day') }}
),

campaigns as (
    select
        platform,
        campaign_id,
        utm_campaign,
        case platform when 'google_ads' then 'google' else 'facebook' end as traffic_source
    from {{ ref('int_ad_campaigns') }}
),

traffic_sources as (
    select traffic_source, source_category from {{ ref('traffic_sources') }}
),

visits as (
    select * from {{ ref('int_channel_visits_by_day') }}
),

acquired as (
    select * from {{ ref('int_acquired_subscriptions') }}
),

revenues as (
    select * from {{ ref('int_channel_revenue_by_day') }}
),

{# A campaign's spend is in the channel that its visits are in: by their rules, as a paid click. #}
spend_of_channels as (
    select
        spend.*,
        {{ channel_group('campaigns.traffic_source', "'cpc'", 'campaigns.utm_campaign',
            'traffic_sources.source_category') }} as channel_group
    from spend
    left join campaigns
        on spend.platform = campaigns.platform and spend.campaign_id = campaigns.campaign_id
    left join traffic_sources on campaigns.traffic_source = traffic_sources.traffic_source
),

facts as (
    select
        spend_date as performance_date,
        channel_group,
        coalesce(reporting_spend, 0) as spend,
        case when has_rate then 0 else 1 end as unconverted_row_count,
        click_count,
        0 as session_count,
        0 as trial_count,
        0 as new_customer_count,
        0 as revenue,
        0 as new_mrr,
        0 as unconverted_revenue_count
    from spend_of_channels
    union all
    select session_date, channel_group, 0, 0, 0, session_count, 0, 0, 0, 0, 0
    from visits
    union all
    select started_date, channel_group, 0, 0, 0, 0, 1, 0, 0, 0, 0
    from acquired
    where is_trial
    union all
    select paid_date, channel_group, 0, 0, 0, 0, 0, 1, 0, 0, 0
    from acquired
    where is_first_purchase
    union all
    select
        revenue_date, channel_group, 0, 0, 0, 0, 0, 0, revenue, new_mrr, unconverted_revenue_count
    from revenues
),

counted as (
    select
        performance_date,
        channel_group,
        cast(sum(spend) as decimal(18, 6)) as spend,
        cast(sum(unconverted_row_count) as bigint) as unconverted_row_count,
        cast(sum(click_count) as bigint) as click_count,
        cast(sum(session_count) as bigint) as session_count,
        cast(sum(trial_count) as bigint) as trial_count,
        cast(sum(new_customer_count) as bigint) as new_customer_count,
        cast(sum(revenue) as decimal(18, 6)) as revenue,
        cast(sum(new_mrr) as decimal(18, 6)) as new_mrr,
        cast(sum(unconverted_revenue_count) as bigint) as unconverted_revenue_count
    from facts
    group by 1, 2
),

final as (
    select
        -- keys
        channel_group,
        -- attributes
        '{{ var("reporting_currency") }}' as reporting_currency,
        -- measures
        spend,
        unconverted_row_count,
        click_count,
        session_count,
        trial_count,
        new_customer_count,
        revenue,
        new_mrr,
        unconverted_revenue_count,
        case
            when unconverted_row_count = 0
                then cast(spend as double) / nullif(session_count, 0)
        end as cost_per_session,
        case
            when unconverted_row_count = 0
                then cast(spend as double) / nullif(trial_count, 0)
        end as cost_per_trial,
        case
            when unconverted_row_count = 0
                then cast(spend as double) / nullif(new_customer_count, 0)
        end as customer_acquisition_cost,
        case
            when unconverted_row_count = 0 and unconverted_revenue_count = 0
                then cast(revenue as double) / nullif(cast(spend as double), 0)
        end as return_on_ad_spend,
        case
            when unconverted_row_count = 0 and unconverted_revenue_count = 0
                then cast(spend as double) / nullif(cast(new_mrr as double), 0)
        end as payback_months,
        -- times
        performance_date
    from counted
)

select * from final
