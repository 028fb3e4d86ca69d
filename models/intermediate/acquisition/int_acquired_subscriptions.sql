with

starts as (
    select
        subscription_id,
        customer_id,
        cast(person_id as bigint) as person_key,
        trial_started_at is not null as is_trial,
        {{ local_date('coalesce(trial_started_at, started_at)') }} as started_date,
        {{ local_date('first_paid_at') }} as paid_date,
        first_paid_at
    from {{ ref('int_subscription_starts') }}
    where trial_started_at is not null or first_paid_at is not null
),

channels as (
    select customer_id, channel_group from {{ ref('int_customer_channels') }}
),

{# Somebody whom nobody knows is taken for a customer of their own. #}
ranked_purchases as (
    select
        subscription_id,
        row_number() over (
            partition by coalesce(cast(person_key as string), subscription_id)
            order by first_paid_at, subscription_id
        ) as place
    from starts
    where first_paid_at is not null
),

final as (
    select
        -- keys
        starts.subscription_id,
        starts.person_key,
        -- attributes
        coalesce(channels.channel_group, 'Unknown') as channel_group,
        -- flags
        starts.is_trial,
        coalesce(ranked_purchases.place = 1, false) as is_first_purchase,
        -- times
        starts.started_date,
        starts.paid_date
    from starts
    left join channels on starts.customer_id = channels.customer_id
    left join ranked_purchases on starts.subscription_id = ranked_purchases.subscription_id
)

select * from final
