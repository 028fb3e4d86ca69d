{# What each documented check looks at, one unit a row: 1 or 0 where it asks whether, else a number.
   What is too young to be judged is left out. A view: only counts of it are kept. Longer than a
   screen: one short query per check. #}
{%- set weeks_to_know_people = 4 %}
{%- set has_path = "trial_path in ('self_service', 'sales_assisted')" %}
{%- set names_a_sku = matches('properties', 'sku[^:a-z]*:[^a-zA-Z0-9,]*"[a-zA-Z0-9]') %}
with

campaigns as (
    select * from {{ ref('campaigns') }}
),

forms as (
    select * from {{ ref('form_submissions') }}
),

leads as (
    select leads.*
    from {{ ref('leads') }} as leads
    cross join {{ ref('int_sales_as_of') }} as as_of
    where
        leads.created_at + interval {{ var('trial_window_days') }} days <= as_of.crm_as_of_at
),

trials as (
    select
        *,
        coalesce(
            converted_at < started_at + interval {{ var('trial_window_days') }} days, false
        ) as is_won
    from {{ ref('trials') }}
    where is_trial
),

subscriptions as (
    select * from {{ ref('subscriptions') }}
),

purchases as (
    select product_sku, properties from {{ ref('int_events') }}
    where event_name = 'purchase' and not is_bot
),

first_day as (
    select min(session_date) as first_date from {{ ref('int_sessions') }}
),

{# Nobody is known at the start of the data, so its first weeks say nothing about who is new; nor
   does a browser alone, since clearing its storage makes anybody look new. #}
campaign_sessions as (
    select
        campaigns.targeting = 'returning_users' as is_for_returning,
        sessions.session_date = persons.first_seen_date as is_of_new_person
    from {{ ref('int_session_campaigns') }} as tagged
    inner join campaigns
        on tagged.platform = campaigns.platform and tagged.campaign_id = campaigns.campaign_id
    inner join {{ ref('sessions') }} as sessions
        on replace(cast(tagged.session_id as string), '-', '') = sessions.session_id
    inner join {{ ref('persons') }} as persons on sessions.person_id = persons.person_id
    cross join first_day
    where
        not tagged.is_bot
        and campaigns.targeting is not null
        and persons.is_known
        and sessions.session_date >= first_day.first_date + {{ 7 * weeks_to_know_people }}
),

{# A deal is worth a month, whatever the interval that is paid: the monthly price of its product. #}
monthly_prices as (
    select product_sku, currency, max(unit_amount) as monthly_price
    from {{ ref('products') }}
    where billing_interval = 'month' and billing_interval_count = 1
    group by 1, 2
),

billed_deals as (
    select
        deals.deal_value - coalesce(monthly_prices.monthly_price, subscriptions.monthly_amount)
            as excess
    from {{ ref('deals') }} as deals
    inner join {{ ref('int_subscription_leads') }} as subscription_leads
        on deals.deal_id = subscription_leads.deal_id
    inner join {{ ref('int_first_subscription_items') }} as first_items
        on subscription_leads.subscription_id = first_items.subscription_id
    inner join subscriptions on first_items.subscription_id = subscriptions.subscription_id
    left join monthly_prices
        on
            first_items.product_sku = monthly_prices.product_sku
            and deals.currency = monthly_prices.currency
    where not deals.is_deleted
),

rates as (
    select * from {{ ref('int_currency_rates') }}
),

won_deals as (
    select trial_path, currency, created_date, deal_value from {{ ref('deals') }}
    where status = 'won' and not is_deleted and {{ has_path }}
),

priced_deals as (
    {{ latest_before('won_deals', 'rates', ['currency'], 'created_date', 'valid_from', ['rate']) }}
),

final as (
    select
        'V1' as check_id,
        'all' as subject,
        cast(is_of_new_person as double) as unit_value
    from campaign_sessions
    where is_for_returning
    union all
    select 'V2', 'all', cast(is_for_returning as double) from campaign_sessions
    where is_of_new_person
    union all
    select
        'V3', 'all', cast({{ matches('utm_campaign', '^[a-z0-9]+(-[a-z0-9]+)*$') }} as double)
    from campaigns
    where utm_campaign is not null and (is_listed or is_on_platform)
    union all
    select 'V4', 'all', cast(lead_id is not null as double) from forms
    union all
    select 'V5', 'all', cast(form_type = 'trial_signup' as double) from forms
    union all
    select
        case trial_path when 'self_service' then 'V6' else 'V7' end,
        trial_path,
        cast(activity_count as double)
    from leads
    where {{ has_path }}
    union all
    select 'V8', 'all', cast(trial_path = 'self_service' as double) from trials
    where {{ has_path }}
    union all
    select
        case trial_path when 'self_service' then 'V9' else 'V10' end,
        trial_path,
        cast(is_won as double)
    from trials
    where is_mature and {{ has_path }}
    union all
    select 'V12', 'all', cast(product_sku is not null as double) from subscriptions
    union all
    select
        'V13',
        'all',
        {{ microseconds_between('trial_started_at', 'trial_ended_at') }} / 86400000000.0e0
    from subscriptions
    where has_trial
    union all
    select 'V14', trial_path, cast(days_to_convert as double) from trials
    where is_mature and is_won and {{ has_path }}
    union all
    select 'V15', 'all', cast(is_won as double) from trials
    where is_mature
    union all
    select
        'V16',
        'all',
        cast(product_sku is not null or coalesce({{ names_a_sku }}, false) as double)
    from purchases
    union all
    select 'V17', 'all', cast(excess as double) from billed_deals
    union all
    select 'V18', trial_path, cast(deal_value * rate as double) from priced_deals
)

select * from final
