{# Which paths journeys take, and how many of each reach the end. A path is packed into two
   integers, eight bits a step, and written out only once journeys are counted. #}
{%- set longest = 14 %}
with

codes as (
    select * from {{ ref('int_journey_step_codes') }}
),

shown as (
    select distinct journey_code, step_code, shown_name from codes
),

journeys as (
    select distinct journey_code, journey_name from codes
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

{# Few and small states: this aggregate is what the model's memory and time go into. #}
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

told as (
    select
        *,
        (facts & 1) > 0 as is_cut,
        (facts & 2) > 0 as is_converted,
        (facts & 4) > 0 as is_mature
    from packed
),

counted as (
    select
        journey_code,
        early_steps,
        late_steps,
        is_cut,
        count(*) filter (where is_mature) as journey_count,
        count(*) filter (where not is_mature) as immature_count,
        count(distinct case when is_mature then person_key end) as person_count,
        count(*) filter (where is_mature and is_converted) as converted_count,
        {{ quantile('case when is_mature then duration_microseconds end', 0.5) }}
            as median_microseconds
    from told
    group by 1, 2, 3, 4
),

totalled as (
    select
        *,
        sum(journey_count) over (partition by journey_code) as all_count,
        sum(converted_count) over (partition by journey_code) as all_converted_count
    from counted
),

with_others as (
    select
        *,
        all_count - journey_count as other_count,
        all_converted_count - converted_count as other_converted_count
    from totalled
),

rates as (
    select
        *,
        converted_count / nullif(cast(journey_count as double), 0) as rate,
        {{ wilson_bound('converted_count', 'journey_count', 'low') }} as low,
        {{ wilson_bound('converted_count', 'journey_count', 'high') }} as high,
        other_converted_count / nullif(cast(other_count as double), 0) as other_rate,
        {{ wilson_bound('other_converted_count', 'other_count', 'low') }} as other_low,
        {{ wilson_bound('other_converted_count', 'other_count', 'high') }} as other_high
    from with_others
),

final as (
    select
        -- keys
        journeys.journey_name,
        coalesce(nullif(concat_ws(
            ' > ',
            {%- for step in range(1, longest + 1) %}
            step_{{ step }}.shown_name{{ ',' if not loop.last }}
            {%- endfor %}
        ), ''), '(directly)') as path,
        -- measures
        rates.journey_count,
        rates.immature_count,
        rates.person_count,
        rates.journey_count / nullif(cast(rates.all_count as double), 0) as journey_share,
        rates.converted_count,
        rates.rate as conversion_rate,
        rates.low as conversion_rate_low,
        rates.high as conversion_rate_high,
        rates.all_converted_count / nullif(cast(rates.all_count as double), 0) as baseline_rate,
        rates.other_rate as other_conversion_rate,
        rates.rate - rates.other_rate as conversion_difference,
        {{ newcombe_bound('rates.rate', 'rates.low', 'rates.high', 'rates.other_rate',
            'rates.other_low', 'rates.other_high', 'low') }} as conversion_difference_low,
        {{ newcombe_bound('rates.rate', 'rates.low', 'rates.high', 'rates.other_rate',
            'rates.other_low', 'rates.other_high', 'high') }} as conversion_difference_high,
        rates.rate / nullif(rates.other_rate, 0) as conversion_lift,
        rates.median_microseconds / cast(1000000 as double) as median_seconds,
        -- flags
        rates.is_cut
    from rates
    inner join journeys on rates.journey_code = journeys.journey_code
    {%- for step in range(1, longest + 1) %}
    {%- set packed, place = ('early_steps', step - 1) if step <= 7 else ('late_steps', step - 8) %}
    left join shown as step_{{ step }}
        on
            rates.journey_code = step_{{ step }}.journey_code
            and (rates.{{ packed }} & {{ 255 * 256 ** place }})
            = step_{{ step }}.step_code * {{ 256 ** place }}
    {%- endfor %}
)

select * from final
