{# A journey is read by the segments that held when it began: those of its session or first event,
   and those of its person as of then. Journeys that are alike in all of them are one cell. #}
{%- set given = given_segments(ref('segments'), ref('segment_rules')) %}
{%- set attributes = segment_properties() | reject('equalto', 'user_tenure') | list %}
with

journeys as (
    select journey_code, journey_id, person_key from {{ ref('int_journeys') }}
),

scopes as (
    select distinct codes.journey_code, seed.scope
    from {{ ref('journeys') }} as seed
    inner join {{ ref('int_journey_step_codes') }} as codes
        on seed.journey_name = codes.journey_name
),

people as (
    select
        cast(person_id as bigint) as person_key,
        {{ local_date('min(first_seen_at)') }} as first_seen_date
    from {{ ref('int_person_identifiers') }}
    group by 1
),

journeys_of_persons as (
    select distinct journeys.journey_id
    from journeys
    inner join scopes on journeys.journey_code = scopes.journey_code
    where scopes.scope = 'person'
),

first_events as (
    select
        events.event_id,
        events.occurred_at,
        events.event_date,
        {{ for_each(attributes, 'events.{}') }}
    from {{ ref('int_events') }} as events
    inner join journeys_of_persons on events.event_id = journeys_of_persons.journey_id
),

beginnings as (
    select
        'session' as scope,
        session_id as journey_id,
        started_at as segment_at,
        session_date as start_date,
        {{ attributes | join(', ') }}
    from {{ ref('int_sessions') }}
    union all
    select 'person', first_events.* from first_events
),

begun as (
    select
        journeys.journey_code,
        journeys.journey_id,
        journeys.person_key,
        beginnings.segment_at,
        {{ for_each(attributes, 'beginnings.{}') }},
        {{ user_tenure('beginnings.start_date', 'people.first_seen_date') }} as user_tenure
    from journeys
    inner join scopes on journeys.journey_code = scopes.journey_code
    inner join beginnings
        on journeys.journey_id = beginnings.journey_id and scopes.scope = beginnings.scope
    left join people on journeys.person_key = people.person_key
),

described as (
    {{ with_given_segments('begun', ref('int_person_segments'), given) }}
),

final as (
    select
        -- keys
        journey_code,
        journey_id,
        person_key,
        {{ identifier_key("'cell'", "''", cell_text(segment_columns(given))) }} as cell_key,
        -- attributes
        {{ segment_properties() | join(', ') }},
        -- times, UTC
        segment_at
    from described
)

select * from final
