{# The first copy of an event to land stays; these are the others. Only keys that occur twice are
   ranked, since ranking every row would cost more than the rest of the build. Copies of an event
   were told with the same day, so their event dates lie within four days of one another. #}
with

landed_events as (
    select
        event_id,
        event_date,
        source_name,
        visitor_id,
        occurred_at,
        landed_at,
        landed_date,
        file_name,
        row_number_in_file
    from {{ ref('int_landed_events') }}
    where reject_reason is null
),

{% if is_incremental() -%}
arrived as (
    select distinct event_id, event_date
    from landed_events
    where {{ is_of_this_run('landed_date') }}
),

nearby_dates as (
    select distinct arrived.event_date + cast(shift.days as integer) as event_date
    from arrived
    cross join range(-4, 5) as shift (days)
),

usable as (
    select *
    from landed_events
    where
        event_date in (select nearby_dates.event_date from nearby_dates)
        and event_id in (select arrived.event_id from arrived)
),
{%- else -%}
usable as (
    select * from landed_events
),
{%- endif %}

repeated_keys as (
    select event_id
    from usable
    group by 1
    having count(*) > 1
),

repeated as (
    select usable.*
    from usable
    inner join repeated_keys on usable.event_id = repeated_keys.event_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by event_id order by landed_at, landed_date, file_name, row_number_in_file
        ) as copy_number
    from repeated
),

final as (
    select
        -- keys
        event_id,
        source_name,
        visitor_id,
        -- measures
        copy_number,
        -- times
        occurred_at,
        event_date,
        -- landing
        landed_date,
        file_name,
        row_number_in_file
    from ranked
    where copy_number > 1
)

select * from final
