{# The journeys of persons across sessions, step by step: a new one begins after `silence_hours`
   without a step. A run restates the persons with new events. Longer than a screen: finding their
   events belongs to reading them. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set in_time = 'partition by journey_key, person_key order by occurred_at, event_id' %}
with

rules as (
    select * from {{ ref('int_journey_step_rules') }}
    where scope = 'person'
),

step_names as (
    select distinct step_key, journey_name, step_name from rules
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
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('events') }}
),

step_events as (
    select
        identified.person_key,
        identified.event_id,
        identified.occurred_at,
        rules.silence_hours * cast(3600000000 as bigint) as silence_us,
        rules.silence_hours,
        rules.journey_key,
        rules.step_key,
        rules.longest_path,
        rules.is_start,
        rules.is_end,
        rules.has_end,
        rules.is_backward,
        rules.collapses_repeats,
        rules.is_key_event
    from identified
    inner join rules
        on
            identified.source_name = rules.source_name
            and identified.event_name = rules.event_name
            and coalesce(identified.property_value, '') = rules.property_value
    where
        identified.person_key is not null
    {% if is_incremental() -%}
    and identified.person_key in (select changed.person_key from changed)
    {%- endif %}
),

after_silence as (
    select
        *,
        coalesce(
            {{ microseconds_between('lag(occurred_at) over (' ~ in_time ~ ')', 'occurred_at') }}
            <= silence_us,
            false
        ) as is_continued
    from step_events
),

stretches as (
    select
        *,
        count(case when not is_continued then 1 end) over (
            {{ in_time }} rows between unbounded preceding and current row
        ) as stretch_number
    from after_silence
),

found as (
    select
        *,
        max(occurred_at) over (
            partition by journey_key, person_key, stretch_number
        ) as stretch_ended_at
    from stretches
),

{{ journey_step_ctes(['person_key', 'stretch_number']) }},

final as (
    select
        -- keys
        step_names.journey_name,
        min(case when kept.is_first then kept.event_id end) over (
            partition by kept.journey_key, kept.person_key, kept.stretch_number
        ) as first_event_id,
        kept.person_key,
        -- attributes
        step_names.step_name,
        case when kept.is_cut then '(more)' else following.step_name end as next_step_name,
        -- measures
        kept.step_number,
        kept.collapsed_count,
        {{ microseconds_between('kept.first_at', 'kept.occurred_at') }} as microseconds_since_start,
        case when kept.is_first then {{ microseconds_between('kept.first_at', 'kept.last_at') }} end
            as duration_microseconds,
        -- flags
        kept.is_first,
        kept.is_end,
        kept.is_loop,
        case when kept.is_first then kept.is_converted end as is_converted,
        -- times, UTC
        kept.stretch_ended_at + interval 1 hour * kept.silence_hours as closes_at
    from kept
    inner join step_names on kept.step_key = step_names.step_key
    left join step_names as following on kept.following_step_key = following.step_key
    {%- if is_incremental() %}
    union all
    select distinct
        null, null, person_key, null, null, null, null, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
