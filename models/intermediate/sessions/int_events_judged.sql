{# A row is usable when it says what happened, when, and to whom. A time after the row's own arrival
   is the device clock's error: arrival replaces it, up to `event_time_future_hours`, beyond which
   the row is rejected. A copy has the id and the day of the event it repeats. Every staging model
   of events has the same columns in the same order. #}
with

amplitude_events as (
    select * from {{ ref('stg_amplitude__events') }}
),

mixpanel_events as (
    select * from {{ ref('stg_mixpanel__events') }}
),

posthog_events as (
    select * from {{ ref('stg_posthog__events') }}
),

ga4_events as (
    select * from {{ ref('stg_ga4__events') }}
),

shopify_events as (
    select * from {{ ref('stg_shopify__pixel_events') }}
),

segment_tracks as (
    select * from {{ ref('stg_segment__tracks') }}
),

segment_pages as (
    select * from {{ ref('stg_segment__pages') }}
),

segment_screens as (
    select * from {{ ref('stg_segment__screens') }}
),

segment_identifies as (
    select * from {{ ref('stg_segment__identifies') }}
),

own_events as (
    select * from {{ ref('stg_own__events') }}
),

unioned as (
    select * from amplitude_events
    union all
    select * from mixpanel_events
    union all
    select * from posthog_events
    union all
    select * from ga4_events
    union all
    select * from shopify_events
    union all
    select * from segment_tracks
    union all
    select * from segment_pages
    union all
    select * from segment_screens
    union all
    select * from segment_identifies
    union all
    select * from own_events
),

timed as (
    select
        *,
        coalesce(received_at, landed_at) as arrived_at
    from unioned
),

judged as (
    select
        *,
        case
            when source_event_name is null then 'missing_event_name'
            when occurred_at is null then 'missing_time'
            when
                occurred_at < cast('{{ var("event_time_floor_date") }}' as timestamp)
                or occurred_at > arrived_at + interval {{ var('event_time_future_hours') }} hours
                then 'time_out_of_range'
            when device_id is null and user_id is null then 'missing_identity'
        end as reject_reason,
        coalesce(
            occurred_at > arrived_at + interval {{ var('clock_tolerance_seconds') }} seconds, false
        ) as is_clock_corrected
    from timed
),

final as (
    select
        *,
        case when is_clock_corrected then arrived_at else occurred_at end as usable_at,
        {{ event_key(
            'source_name',
            "concat_ws('|', coalesce(source_event_id, concat_ws('|', device_id, user_id, "
            ~ "source_event_name, cast(occurred_at as string), properties)), "
            ~ "cast(cast(occurred_at as date) as string))"
        ) }} as event_id
    from judged
)

select * from final
