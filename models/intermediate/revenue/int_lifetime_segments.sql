{# What customers are told apart by when it is asked how long they stay. A feature counts only where
   it was used before the first bill: who stays for longer has more time to use it, which would look
   as if it made them stay. #}
with

lifetimes as (
    select * from {{ ref('int_customer_lifetimes') }}
),

channels as (
    select * from {{ ref('int_customer_channels') }}
),

features as (
    select feature_name, launched_on from {{ ref('features') }}
    where is_used
),

feature_persons as (
    select person_key, feature_name, first_used_date from {{ ref('int_feature_persons') }}
),

customers as (
    select
        lifetimes.*,
        channels.person_key,
        coalesce(channels.channel_group, 'Unknown') as channel_group
    from lifetimes
    left join channels on lifetimes.customer_id = channels.customer_id
),

segmented as (
    select *, 'all' as segment_name, 'all' as segment_value from customers
    union all
    select *, 'plan', plan_name from customers
    union all
    select *, 'channel', channel_group from customers
    union all
    select
        customers.*,
        'feature ' || features.feature_name,
        case
            when feature_persons.first_used_date < customers.started_date then 'used before paying'
            else 'not used before paying'
        end
    from customers
    cross join features
    left join feature_persons
        on
            customers.person_key = feature_persons.person_key
            and features.feature_name = feature_persons.feature_name
    where
        customers.person_key is not null
        and coalesce(features.launched_on < customers.started_date, true)
),

final as (
    select
        -- keys
        segment_name,
        segment_value,
        account_id,
        customer_id,
        -- attributes
        currency,
        -- measures
        lifetime_days,
        followed_days,
        coalesce(mrr_days / nullif(lifetime_days, 0), cast(mrr as double)) as average_mrr,
        -- flags
        has_left
    from segmented
)

select * from final
