{# Each trial and each first payment is in one channel on one day. #}
with

flows as (
    select count(*) as trial_count, 0 as customer_count
    from {{ ref('trials') }}
    where is_trial
    union all
    select 0, count(distinct coalesce(person_id, subscription_id))
    from {{ ref('trials') }}
    where outcome = 'converted'
    union all
    select -sum(trial_count), -sum(new_customer_count)
    from {{ ref('channel_performance_by_day') }}
)

select sum(trial_count) as trials_lost, sum(customer_count) as customers_lost
from flows
having sum(trial_count) != 0 or sum(customer_count) != 0
