{# Each person's first use of a feature, and what they did right before it: the visitor's last event
   before, if it lies within the session timeout. Only this reads the wide table, and in a run only
   the days around first uses that are new, or whose visitor's rows changed. Of uses at the same
   microsecond the one with the smallest event id is the first; events before it are ordered alike.
   Longer than a screen: what a run may keep is part of the thought. #}
-- depends_on: {{ ref('int_changed_persons') }} {{ ref('int_changed_visitor_days') }}
{%- set timeout = 'interval ' ~ var('session_timeout_minutes') ~ ' minutes' %}
with

features as (
    select feature_name, event_name, coalesce(filter_name, '') as filter_name
    from {{ ref('features') }}
    where is_used
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

{% if is_incremental() -%}
changed as (
    select * from {{ ref('int_changed_persons') }}
),

changed_days as (
    select source_name, visitor_id, event_date from {{ ref('int_changed_visitor_days') }}
),
{%- endif %}

first_days as (
    select person_key, feature_name, first_used_at, event_date
    from {{ ref('int_feature_days') }}
    where
        use_day_number = 1
    {% if is_incremental() -%}
    and person_key in (select changed.person_key from changed)
    {%- endif %}
),

named_events as (
    select * from {{ ref('int_named_events') }}
    where
        event_name in (select features.event_name from features)
        and property_name = ''
    {% if is_incremental() -%}
    and event_date in (select first_days.event_date from first_days)
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('named_events') }}
),

matched as (
    select
        identified.person_key,
        first_days.feature_name,
        identified.event_id,
        identified.source_name,
        identified.visitor_id,
        identified.platform,
        identified.device_type,
        identified.country,
        identified.user_intent,
        identified.content_category,
        identified.surface,
        identified.occurred_at,
        identified.event_date,
        row_number() over (
            partition by first_days.person_key, first_days.feature_name
            order by identified.event_id
        ) as turn
    from identified
    inner join features
        on
            identified.event_name = features.event_name
            and identified.filter_name = features.filter_name
    inner join first_days
        on
            identified.person_key = first_days.person_key
            and features.feature_name = first_days.feature_name
            and identified.occurred_at = first_days.first_used_at
),

first_uses as (
    select * from matched
    where turn = 1
),

{% if is_incremental() -%}
kept as (
    select distinct
        event_id,
        previous_event_name,
        previous_feature_name,
        previous_surface
    from {{ this }}
    where
        event_id in (select first_uses.event_id from first_uses)
        and event_id not in (
            select first_uses.event_id
            from first_uses
            inner join changed_days
                on
                    first_uses.source_name = changed_days.source_name
                    and first_uses.visitor_id = changed_days.visitor_id
                    and changed_days.event_date
                    between {{ local_date('first_uses.occurred_at - ' ~ timeout) }}
                    and first_uses.event_date
        )
),
{%- endif %}

unread as (
    select event_id, source_name, visitor_id, occurred_at, event_date
    from first_uses
    {% if is_incremental() -%}
    where event_id not in (select kept.event_id from kept)
    {%- endif %}
),

{# The local day of the use, and the one before it where the timeout reaches back so far. #}
days_to_read as (
    select * from unread
    union
    select
        event_id,
        source_name,
        visitor_id,
        occurred_at,
        {{ local_date('occurred_at - ' ~ timeout) }}
    from unread
),

{% if is_incremental() -%}
dates_to_read as (
    select distinct event_date from days_to_read
),
{%- endif %}

before as (
    select
        days_to_read.event_id,
        events.event_name as previous_event_name,
        events.feature_name as previous_feature_name,
        events.surface as previous_surface,
        row_number() over (
            partition by days_to_read.event_id
            order by events.occurred_at desc, events.event_id desc
        ) as turn
    from {{ ref('int_events') }} as events
    inner join days_to_read
        on
            events.event_date = days_to_read.event_date
            and events.source_name = days_to_read.source_name
            and events.visitor_id = days_to_read.visitor_id
            and events.occurred_at
            between days_to_read.occurred_at - {{ timeout }} and days_to_read.occurred_at
    where
        not events.is_bot
        and (
            events.occurred_at < days_to_read.occurred_at
            or events.event_id < days_to_read.event_id
        )
    {% if is_incremental() -%}
    and events.event_date in (select dates_to_read.event_date from dates_to_read)
    {%- endif %}
),

previous_events as (
    select event_id, previous_event_name, previous_feature_name, previous_surface
    from before
    where turn = 1
    {%- if is_incremental() %}
    union all
    select * from kept
    {%- endif %}
),

final as (
    select
        -- keys
        first_uses.person_key,
        first_uses.feature_name,
        first_uses.event_id,
        -- attributes
        first_uses.platform,
        first_uses.device_type,
        first_uses.country,
        first_uses.user_intent,
        first_uses.content_category,
        first_uses.surface,
        previous_events.previous_event_name,
        previous_events.previous_feature_name,
        previous_events.previous_surface
    from first_uses
    left join previous_events on first_uses.event_id = previous_events.event_id
    {%- if is_incremental() %}
    union all
    select distinct
        person_key, null, null, null, null, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
