{# The first copy of an event to land stays; these are the others. Only keys that occur twice are
   ranked, since ranking every row would cost more than the rest of the build. #}
with

judged as (
    select event_id, source_name, landed_at, landed_date, file_name, row_number_in_file
    from {{ ref('int_events_judged') }}
    where reject_reason is null
),

repeated_keys as (
    select event_id
    from judged
    group by 1
    having count(*) > 1
),

repeated as (
    select judged.*
    from judged
    inner join repeated_keys on judged.event_id = repeated_keys.event_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by event_id order by landed_at, file_name, row_number_in_file
        ) as copy_number
    from repeated
),

final as (
    select
        event_id,
        source_name,
        file_name,
        row_number_in_file,
        copy_number,
        landed_date
    from ranked
    where copy_number > 1
)

select * from final
