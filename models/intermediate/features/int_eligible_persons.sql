{# Whoever was active on the day of a launch or later could use what was launched. What they are cut
   by is read from their first session since: so it is told of users and of others alike. #}
with

launches as (
    select distinct
        coalesce(launched_on, cast('{{ var("event_time_floor_date") }}' as date)) as launched_date
    from {{ ref('features') }}
    where is_used
),

active_days as (
    select entity_key as person_key, event_date
    from {{ ref('int_active_days') }}
    where entity_type = 'person'
),

people as (
    select cast(person_id as bigint) as person_key, first_seen_date
    from {{ ref('persons') }}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

sessions as (
    select
        session_id,
        {{ identifier_key("'device'", 'source_name', 'device_id') }} as device_key,
        {{ identifier_key(login_type('source_name'), "''", 'user_id') }} as user_key,
        {{ identifier_key("'checkout'", "''", 'checkout_id') }} as checkout_key,
        started_at,
        session_date
    from {{ ref('int_sessions') }}
    where not is_bot
),

identified as (
    {{ with_person_key('sessions') }}
),

eligible as (
    select
        launches.launched_date,
        active_days.person_key,
        min(active_days.event_date) as first_active_date,
        min(
            case
                when active_days.event_date >= launches.launched_date then active_days.event_date
            end
        ) as eligible_date
    from active_days
    cross join launches
    group by 1, 2
),

first_moments as (
    select launches.launched_date, identified.person_key, min(identified.started_at) as started_at
    from identified
    inner join launches on identified.session_date >= launches.launched_date
    group by 1, 2
),

first_sessions as (
    select
        first_moments.launched_date,
        first_moments.person_key,
        min(identified.session_id) as session_id
    from identified
    inner join first_moments
        on
            identified.person_key = first_moments.person_key
            and identified.started_at = first_moments.started_at
    group by 1, 2
),

final as (
    select
        -- keys
        eligible.person_key,
        -- attributes
        sessions.platform,
        sessions.device_type,
        sessions.country,
        sessions.user_intent,
        sessions.content_category,
        sessions.surface,
        case
            when eligible.eligible_date < people.first_seen_date + {{ var('new_person_days') }}
                then 'New'
            else 'Retained'
        end as user_tenure,
        -- times, UTC, and local days
        coalesce(sessions.started_at, cast(eligible.eligible_date as timestamp)) as segment_at,
        eligible.launched_date,
        greatest(eligible.first_active_date, eligible.launched_date) as available_date,
        eligible.eligible_date
    from eligible
    left join people on eligible.person_key = people.person_key
    left join first_sessions
        on
            eligible.launched_date = first_sessions.launched_date
            and eligible.person_key = first_sessions.person_key
    left join {{ ref('int_sessions') }} as sessions
        on first_sessions.session_id = sessions.session_id
    where eligible.eligible_date is not null
)

select * from final
