{# Whoever was active on the day of a launch or later could use what was launched. What they are cut
   by is read from their first session since: so it is told of users and of others alike. A run
   restates the persons whose rows arrived. Longer than a screen: persons and their sessions. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

launches as (
    select distinct
        coalesce(launched_on, cast('{{ var("event_time_floor_date") }}' as date)) as launched_date
    from {{ ref('features') }}
    where is_used
),

{% if is_incremental() -%}
changed as (
    select * from {{ ref('int_changed_persons') }}
),
{%- endif %}

active_days as (
    select entity_key as person_key, event_date
    from {{ ref('int_active_days') }}
    where
        entity_type = 'person'
    {% if is_incremental() -%}
    and entity_key in (select changed.person_key from changed)
    {%- endif %}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

sessions as (
    select session_id, device_key, user_key, checkout_key, started_at, session_date
    from {{ ref('int_sessions') }}
    where
        not is_bot
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
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
        -- times, UTC, and local days
        coalesce(sessions.started_at, cast(eligible.eligible_date as timestamp)) as segment_at,
        eligible.launched_date,
        greatest(eligible.first_active_date, eligible.launched_date) as available_date,
        eligible.eligible_date
    from eligible
    left join first_sessions
        on
            eligible.launched_date = first_sessions.launched_date
            and eligible.person_key = first_sessions.person_key
    left join {{ ref('int_sessions') }} as sessions
        on first_sessions.session_id = sessions.session_id
    where eligible.eligible_date is not null
    {%- if is_incremental() %}
    union all
    select distinct person_key, null, null, null, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
