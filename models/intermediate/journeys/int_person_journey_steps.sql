{# The journeys of persons across sessions, step by step: a new one begins after `silence_hours` without
   a step. A run restates the persons with new events. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set by_person = 'partition by journey_name, person_key order by occurred_at, event_id' %}
with

rules as (
    select * from {{ ref('int_journey_step_rules') }}
    where scope = 'person'
),

key_events as (
    select event_name from {{ ref('key_events') }}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

{% if is_incremental() -%}
changed as (
    select * from {{ ref('int_changed_persons') }}
),
{%- endif %}

events as (
    select * from {{ ref('int_journey_events') }}
    where
        event_name in (select rules.event_name from rules)
    {% if is_incremental() -%}
    and (
        device_key in (select changed.identifier_key from changed)
        or user_key in (select changed.identifier_key from changed)
        or checkout_key in (select changed.identifier_key from changed)
    )
    {%- endif %}
),

identified as (
    {{ with_person_key('events') }}
),

of_persons as (
    select * from identified
    where
        person_key is not null
        {% if is_incremental() -%}
        and person_key in (select changed.person_key from changed)
        {%- endif %}
),

step_events as (
    {{ as_journey_steps('of_persons', ['person_key', 'event_id', 'occurred_at']) }}
),

in_time as (
    select
        *,
        row_number() over ({{ by_person }}) as place,
        lag(occurred_at) over ({{ by_person }}) as previous_at
    from step_events
),

found as (
    select
        *,
        sum(
            case
                when {{ microseconds_between('previous_at', 'occurred_at') }} 
                <= silence_hours * cast(3600000000 as bigint) then 0
                else 1
            end
        ) over (
            partition by journey_name, person_key order by place rows unbounded preceding
        ) as stretch_number
    from in_time
),

{{ journey_step_ctes(['person_key', 'stretch_number']) }},

final as (
    select
        -- keys
        journey_name,
        min(case when is_first then event_id end) over (
            partition by journey_name, person_key, stretch_number
        ) as first_event_id,
        person_key,
        -- attributes
        step_name,
        next_step_name,
        -- measures
        step_number,
        collapsed_count,
        {{ microseconds_between('first_at', 'occurred_at') }} as microseconds_since_start,
        case when is_first then {{ microseconds_between('first_at', 'last_at') }} end
            as duration_microseconds,
        -- flags
        is_first,
        is_end,
        is_loop,
        case when is_first then is_converted end as is_converted,
        -- times, UTC
        last_at + interval 1 hour * silence_hours as closes_at
    from kept
    {%- if is_incremental() %}
    union all
    select distinct
        null, null, person_key, null, null, null, null, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
