{# Whom features may have an effect on, and from when: from their first trial, or from the first day
   on which they were seen, as `impact_starts_at` says. What they were like is read before the
   adoption window, who adopts is read within it, and what came of it after it: so nobody has to
   survive, pay or return in order to count as an adopter. #}
with

first_trials as (
    select
        cast(person_id as bigint) as person_key,
        {{ local_date('min(trial_started_at)') }} as start_date
    from {{ ref('int_subscription_starts') }}
    where person_id is not null and trial_started_at is not null
    group by 1
),

first_days as (
    select entity_key as person_key, min(event_date) as first_active_date
    from {{ ref('int_active_days') }}
    where entity_type = 'person'
    group by 1
),

starts as (
    select person_key, start_date from first_trials
    where '{{ var("impact_starts_at") }}' = 'trial'
    union all
    select person_key, first_active_date from first_days
    where '{{ var("impact_starts_at") }}' = 'first_seen'
),

-- both the tools and the bills must reach so far
last_days as (
    select min(last_date) as last_date
    from (
        select max(event_date) as last_date from {{ ref('int_active_days') }}
        union all
        select max(end_date) from {{ ref('int_billing_end') }}
    ) as ends
),

dated as (
    select
        starts.person_key,
        starts.start_date,
        first_days.first_active_date,
        starts.start_date + {{ var('impact_baseline_days') }} as adoption_start_date,
        starts.start_date + {{ var('impact_baseline_days') }} + {{ var('impact_adoption_days') }}
            as outcome_start_date,
        starts.start_date + {{ var('impact_baseline_days') }} + {{ var('impact_adoption_days') }}
        + {{ var('impact_outcome_days') }} as outcome_end_date
    from starts
    left join first_days on starts.person_key = first_days.person_key
),

final as (
    select
        -- keys
        dated.person_key,
        -- flags
        coalesce(dated.outcome_end_date <= last_days.last_date, false) as is_mature,
        -- local days
        dated.first_active_date,
        dated.start_date,
        dated.adoption_start_date,
        dated.outcome_start_date,
        dated.outcome_end_date
    from dated
    cross join last_days
)

select * from final
