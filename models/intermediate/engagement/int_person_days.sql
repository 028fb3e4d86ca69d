{# Until people are stitched together, a person is the login id where a source sends one, else the
   device. Bots are nobody. #}
with

events as (
    select
        coalesce(user_id, device_id) as person_id,
        source_name,
        event_date
    from {{ ref('int_events') }}
    where not is_bot
),

final as (
    select
        person_id,
        source_name,
        event_date,
        count(*) as event_count
    from events
    group by 1, 2, 3
)

select * from final
