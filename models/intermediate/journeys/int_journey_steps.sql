{# A view: the steps of journeys within sessions and of persons, alike. #}
with

session_steps as (
    select * from {{ ref('int_session_journey_steps') }}
),

person_steps as (
    select * from {{ ref('int_person_journey_steps') }}
),

final as (
    select
        -- keys
        journey_name,
        session_id as journey_id,
        cast(null as bigint) as person_key,
        device_key,
        user_key,
        checkout_key,
        -- attributes
        step_name,
        next_step_name,
        -- measures
        step_number,
        collapsed_count,
        microseconds_since_start,
        duration_microseconds,
        -- flags
        is_first,
        is_end,
        is_loop,
        is_converted,
        -- times, UTC
        closes_at
    from session_steps
    union all
    select
        journey_name,
        first_event_id,
        person_key,
        null,
        null,
        null,
        step_name,
        next_step_name,
        step_number,
        collapsed_count,
        microseconds_since_start,
        duration_microseconds,
        is_first,
        is_end,
        is_loop,
        is_converted,
        closes_at
    from person_steps
)

select * from final
