{# A row is usable when it says what happened, when, and to whom. A time after the row's own arrival
   is the device clock's error: arrival replaces it, up to `event_time_future_hours`, beyond which
   the row is rejected. A copy has the id and the day of the event it repeats. The models of
   `event_models` have the same columns in the same order. #}
with

unioned as (
    {%- for model in valid_var('event_models') %}
    select * from {{ ref(model) }}
    {{- "\n    union all" if not loop.last }}
    {%- endfor %}
),

timed as (
    select
        *,
        least(coalesce(received_at, landed_at), landed_at) as arrived_at
    from unioned
),

judged as (
    select
        *,
        case
            when not has_consent and {{ var('consent_refusals_are_rejected') }} then 'no_consent'
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
