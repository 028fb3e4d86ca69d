{# A path is packed into two integers, eight bits a step, and written out only once journeys are
   counted: this aggregate is what memory and time go into, so its states are few and small. #}
with

codes as (
    select * from {{ ref('int_journey_step_codes') }}
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

steps as (
    select
        journey_name,
        journey_id,
        person_key as known_person_key,
        device_key,
        user_key,
        checkout_key,
        step_name,
        step_number,
        duration_microseconds,
        next_step_name = '(more)' as is_cut,
        is_end,
        is_converted,
        closes_at
    from {{ ref('int_journey_steps') }}
),

identified as (
    {{ with_person_key('steps') }}
),

packed as (
    select
        codes.journey_code,
        identified.journey_id,
        {%- for name, first in [('early_steps', 1), ('late_steps', 8)] %}
        coalesce(bit_or(
            case
                when
                    identified.step_number between {{ first }} and {{ first + 6 }}
                    and not identified.is_end
                    then codes.step_code
                        * cast(power(256, identified.step_number - {{ first }}) as bigint)
            end
        ), 0) as {{ name }},
        {%- endfor %}
        max(coalesce(identified.known_person_key, identified.person_key)) as person_key,
        max(identified.duration_microseconds) as duration_microseconds,
        bit_or(
            case when identified.is_cut then 1 else 0 end
            + case when identified.is_converted then 2 else 0 end
            + case when identified.closes_at <= last_moment.last_moment then 4 else 0 end
        ) as facts
    from identified
    inner join codes
        on
            identified.journey_name = codes.journey_name
            and identified.step_name = codes.step_name
    cross join last_moment
    group by 1, 2
),

final as (
    select
        -- keys
        journey_code,
        journey_id,
        person_key,
        -- attributes
        early_steps,
        late_steps,
        -- measures
        duration_microseconds,
        -- flags
        (facts & 1) > 0 as is_cut,
        (facts & 2) > 0 as is_converted,
        (facts & 4) > 0 as is_mature
    from packed
)

select * from final
