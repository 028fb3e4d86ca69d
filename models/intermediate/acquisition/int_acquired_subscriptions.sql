{# The channel that brought who tried or bought: that of the first session anybody knows of the
   person, whatever led to the trial in the end. #}
with

starts as (
    select
        subscription_id,
        cast(person_id as bigint) as person_key,
        trial_started_at is not null as is_trial,
        {{ local_date('coalesce(trial_started_at, started_at)') }} as started_date,
        {{ local_date('first_paid_at') }} as paid_date,
        first_paid_at
    from {{ ref('int_subscription_starts') }}
    where trial_started_at is not null or first_paid_at is not null
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

first_visits as (
    select * from {{ ref('int_first_visits') }}
),

person_visits as (
    {{ with_person_key('first_visits') }}
),

ranked_visits as (
    select
        person_key,
        channel_group,
        row_number() over (partition by person_key order by started_at, session_id) as place
    from person_visits
    where person_key in (select starts.person_key from starts)
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
        coalesce(ranked_visits.channel_group, 'Unknown') as channel_group,
        -- flags
        starts.is_trial,
        coalesce(ranked_purchases.place = 1, false) as is_first_purchase,
        -- times
        starts.started_date,
        starts.paid_date
    from starts
    left join ranked_visits
        on starts.person_key = ranked_visits.person_key and ranked_visits.place = 1
    left join ranked_purchases on starts.subscription_id = ranked_purchases.subscription_id
)

select * from final
