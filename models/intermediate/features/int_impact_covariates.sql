{# What people were like before the adoption window: whatever happened in it may already be the
   feature's work. Which features they used then stands in int_impact_uses. #}
with

windows as (
    select person_key, first_active_date, start_date, adoption_start_date
    from {{ ref('int_impact_windows') }}
),

active_days as (
    select entity_key as person_key, event_count, event_date
    from {{ ref('int_active_days') }}
    where entity_type = 'person'
),

first_sessions as (
    select
        windows.person_key,
        visits.channel_group,
        sessions.platform,
        sessions.country,
        sessions.user_intent
    from windows
    inner join {{ ref('int_person_first_visits') }} as visits
        on
            windows.person_key = visits.person_key
            and windows.adoption_start_date > visits.session_date
    inner join {{ ref('int_sessions') }} as sessions
        on visits.session_id = sessions.session_id
),

activity as (
    select
        windows.person_key,
        count(*) as day_count,
        sum(active_days.event_count) as event_count
    from windows
    inner join active_days
        on
            windows.person_key = active_days.person_key
            and windows.adoption_start_date > active_days.event_date
    group by 1
),

final as (
    select
        -- keys
        windows.person_key,
        -- attributes, as of the first session
        first_sessions.platform as before_platform,
        first_sessions.country as before_country,
        first_sessions.user_intent as before_user_intent,
        first_sessions.channel_group as before_channel_group,
        -- measures
        greatest(
            coalesce(
                {{ dbt.datediff('windows.first_active_date', 'windows.start_date', 'day') }}, 0
            ),
            0
        ) as before_tenure_days,
        coalesce(activity.day_count, 0) as before_active_day_count,
        cast(coalesce(activity.event_count, 0) as bigint) as before_event_count
    from windows
    left join first_sessions on windows.person_key = first_sessions.person_key
    left join activity on windows.person_key = activity.person_key
)

select * from final
