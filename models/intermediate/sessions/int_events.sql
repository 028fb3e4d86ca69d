{# A view: the wide table without what cannot be used and without further copies. #}
with

landed_events as (
    select * from {{ ref('int_landed_events') }}
    where reject_reason is null
),

copies as (
    select event_id, landed_date, file_name, row_number_in_file
    from {{ ref('int_event_copies') }}
),

final as (
    select landed_events.*
    from landed_events
    left join copies
        on
            landed_events.event_id = copies.event_id
            and landed_events.landed_date = copies.landed_date
            and landed_events.file_name = copies.file_name
            and landed_events.row_number_in_file = copies.row_number_in_file
    where copies.event_id is null
)

select * from final
