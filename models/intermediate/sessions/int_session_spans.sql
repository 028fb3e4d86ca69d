{# A session ends when a visitor is silent for longer than `session_timeout_minutes`. A run
   restates, of each visitor whose rows arrived, the time from the first session they touch to the
   last: nothing outside it can change, since silence cuts it off. Longer than a screen, because
   finding that time, cutting and counting belong together. #}
-- depends_on: {{ ref('int_changed_visitor_days') }}
{%- set timeout = 'interval ' ~ var('session_timeout_minutes') ~ ' minutes' %}
{%- set longest_gap = var('session_longest_engaged_gap_seconds') ~ '000000' %}
with

{% if is_incremental() -%}
changed as (
    select
        source_name,
        visitor_id,
        min(first_changed_at) - {{ timeout }} as changed_from,
        max(last_changed_at) + {{ timeout }} as changed_until
    from {{ ref('int_changed_visitor_days') }}
    group by 1, 2
),

standing as (
    select
        sessions.session_id,
        sessions.source_name,
        sessions.visitor_id,
        sessions.started_at,
        sessions.ended_at
    from {{ this }} as sessions
    inner join changed
        on
            sessions.source_name = changed.source_name
            and sessions.visitor_id = changed.visitor_id
            and sessions.ended_at >= changed.changed_from
            and sessions.started_at <= changed.changed_until
    where sessions.ended_at >= (select min(changed_from) from changed)
),

windows as (
    select
        changed.source_name,
        changed.visitor_id,
        min(least(changed.changed_from, standing.started_at)) as window_start,
        max(greatest(changed.changed_until, standing.ended_at)) as window_end
    from changed
    left join standing
        on
            changed.source_name = standing.source_name
            and changed.visitor_id = standing.visitor_id
    group by 1, 2
),

window_bounds as (
    select distinct
        {{ local_date('window_start') }} as first_date,
        {{ local_date('window_end') }} as last_date
    from windows
),

window_dates as (
    {{ days_between('window_bounds', 'first_date', 'last_date') }}
),
{%- endif %}

funnel_steps as (
    select event_name, step_number
    from {{ ref('funnel_steps') }}
    where funnel_name = '{{ var("default_funnel") }}'
),

key_events as (
    select event_name from {{ ref('key_events') }}
),

{# Only what cutting and counting needs: this is what gets sorted. #}
events as (
    select
        {{ row_hash(['events.source_name', 'events.visitor_id']) }} as visitor_hash,
        events.source_name,
        events.visitor_id,
        events.event_id,
        events.occurred_at,
        events.event_date,
        events.user_id,
        funnel_steps.step_number,
        events.event_name = 'page_view' as is_page_view,
        key_events.event_name is not null as is_key_event,
        events.traffic_source is not null as has_traffic_source,
        events.checkout_id is not null as has_checkout,
        {% if var('session_splits_on_campaign') -%}
        concat_ws('|', events.traffic_source, events.utm_medium, events.utm_campaign) as campaign,
        {% endif -%}
        events.is_bot
    from {{ ref('int_events') }} as events
    left join funnel_steps on events.event_name = funnel_steps.event_name
    left join key_events on events.event_name = key_events.event_name
    {% if is_incremental() -%}
    inner join windows
        on
            events.source_name = windows.source_name
            and events.visitor_id = windows.visitor_id
            and events.occurred_at between windows.window_start and windows.window_end
    {%- endif %}
    where {{ in_this_pass(row_hash(['events.source_name', 'events.visitor_id'])) }}
    {% if is_incremental() -%}
    and events.event_date in (select window_dates.date_day from window_dates)
    {%- endif %}
),

numbered as (
    select
        *,
        lag(occurred_at) over (
            partition by visitor_hash order by occurred_at, event_id
        ) as previous_at,
        {% if var('session_splits_at_midnight') -%}
        lag(event_date) over (
            partition by visitor_hash order by occurred_at, event_id
        ) as previous_date,
        {% endif -%}
        row_number() over (
            partition by visitor_hash order by occurred_at, event_id
        ) as event_number
    from events
),

flagged as (
    select
        *,
        {{ microseconds_between('previous_at', 'occurred_at') }} as gap_microseconds,
        case
            when
                previous_at is null
                or occurred_at > previous_at + {{ timeout }}
                {% if var('session_splits_at_midnight') -%}
                or event_date != previous_date
                {% endif -%}
                then event_number
        end as first_number
    from numbered
),

assigned as (
    select
        *,
        max(first_number) over (
            partition by visitor_hash order by event_number rows unbounded preceding
        ) as session_number
    from flagged
),

{% if var('session_splits_on_campaign') -%}
{# Only a campaign that follows another one within the same stretch of activity splits it. #}
compared as (
    select
        *,
        lag(campaign) over (
            partition by visitor_hash, session_number, has_traffic_source order by event_number
        ) as previous_campaign
    from assigned
),

split as (
    select
        * except (first_number, session_number, campaign, previous_campaign),
        case
            when first_number is not null or (has_traffic_source and campaign != previous_campaign)
                then event_number
        end as first_number
    from compared
),

cut as (
    select
        *,
        max(first_number) over (
            partition by visitor_hash order by event_number rows unbounded preceding
        ) as session_number
    from split
),
{%- else -%}
cut as (
    select * from assigned
),
{%- endif %}

counted as (
    select
        min_by(event_id, event_number) as session_id,
        source_name,
        visitor_id,
        min_by(event_id, event_number) filter (where is_page_view) as entry_event_id,
        max_by(event_id, event_number) filter (where is_page_view) as exit_event_id,
        min_by(event_id, event_number) filter (where has_traffic_source) as first_touch_event_id,
        max_by(event_id, event_number) filter (where has_traffic_source) as last_touch_event_id,
        max_by(event_id, event_number) filter (where has_checkout) as checkout_event_id,
        max_by(user_id, event_number) filter (where user_id is not null) as user_id,
        count(*) as event_count,
        count(*) filter (where is_page_view) as page_view_count,
        count(*) filter (where is_key_event) as key_event_count,
        cast(coalesce(sum(
            case when first_number is null then least(gap_microseconds, {{ longest_gap }}) end
        ), 0) as bigint) as engaged_microseconds,
        {{ furthest_step('step_number', 'event_number') }} as furthest_step, -- noqa: PRS
        bool_or(is_bot) as is_bot,
        coalesce(min(user_id) != max(user_id), false) as has_several_users,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(event_date) as session_date
    from cut
    group by visitor_hash, session_number, source_name, visitor_id -- noqa: AM06
),

{% if is_incremental() -%}
{# Sessions that were there and are no more, having grown together or begun earlier: with no event in
   them they are deleted. #}
void as (
    select sessions.* replace (0 as event_count)
    from {{ this }} as sessions
    inner join standing on sessions.session_id = standing.session_id
    left join counted on sessions.session_id = counted.session_id
    where
        counted.session_id is null
        and sessions.ended_at >= (select min(changed_from) from changed)
),
{%- endif %}

final as (
    select * from counted
    {%- if is_incremental() %}
    union all
    select * from void
    {%- endif %}
)

select * from final
