{# What a person was, and from when: by the rules of the seeds, and the channel of their first
   session. A run restates the persons with new events. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

segments as (
    select * from {{ ref('segments') }}
),

rules as (
    select * from {{ ref('segment_rules') }}
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

named_events as (
    select * from {{ ref('int_named_events') }}
    where
        property_name = ''
        and event_name in (select rules.event_name from rules)
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

person_events as (
    {{ with_person_key('named_events') }}
),

counted as (
    select
        rules.segment_name,
        rules.rule_number,
        rules.segment_value,
        rules.at_least,
        rules.within_days,
        person_events.person_key,
        person_events.event_id,
        person_events.occurred_at,
        row_number() over (
            partition by rules.segment_name, rules.rule_number, person_events.person_key
            order by person_events.occurred_at, person_events.event_id
        ) as event_number
    from person_events
    inner join rules
        on
            person_events.event_name = rules.event_name
            and person_events.filter_name = coalesce(rules.filter_name, '')
            and (rules.valid_from is null or person_events.event_date >= rules.valid_from)
            and (rules.valid_until is null or person_events.event_date < rules.valid_until)
    where
        person_events.person_key is not null
    {% if is_incremental() -%}
    and person_events.person_key in (select changed.person_key from changed)
    {%- endif %}
),

{# The event by which a rule is fulfilled, if the first of those it needs is not too long ago. #}
fulfilled as (
    select
        latest.person_key,
        latest.segment_name,
        latest.segment_value,
        latest.rule_number,
        latest.event_id,
        latest.occurred_at
    from counted as latest
    inner join counted as earliest
        on
            latest.segment_name = earliest.segment_name
            and latest.rule_number = earliest.rule_number
            and latest.person_key = earliest.person_key
            and latest.event_number = earliest.event_number + latest.at_least - 1
    where
        latest.within_days is null
        or {{ microseconds_between('earliest.occurred_at', 'latest.occurred_at') }}
        <= latest.within_days * cast(86400000000 as bigint)
),

arrivals as (
    select person_key, session_id, channel_group, started_at
    from {{ ref('int_person_first_visits') }}
    {% if is_incremental() -%}
    where person_key in (select changed.person_key from changed)
    {%- endif %}
),

given_values as (
    select person_key, segment_name, segment_value, rule_number, event_id, occurred_at
    from fulfilled
    union all
    select
        arrivals.person_key,
        segments.segment_name,
        arrivals.channel_group,
        0,
        arrivals.session_id,
        arrivals.started_at
    from arrivals
    cross join segments
    where segments.property = 'channel'
),

{# Of values given in one microsecond the last stays. #}
followed as (
    select
        *,
        lead(occurred_at) over (
            partition by person_key, segment_name order by occurred_at, rule_number, event_id
        ) as next_at
    from given_values
),

compared as (
    select
        *,
        lag(segment_value) over (
            partition by person_key, segment_name order by occurred_at
        ) as previous_value
    from followed
    where next_at is null or next_at > occurred_at
),

final as (
    select
        person_key,
        segment_name,
        segment_value,
        occurred_at as valid_from,
        lead(occurred_at) over (
            partition by person_key, segment_name order by occurred_at
        ) as valid_until
    from compared
    where previous_value is null or previous_value != segment_value
    {%- if is_incremental() %}
    union all
    select distinct person_key, null, null, null, null from changed
    {%- endif %}
)

select * from final
