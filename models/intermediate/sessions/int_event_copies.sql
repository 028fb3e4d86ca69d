{# The first copy of an event to land stays; these are the others. Keys are counted before anything
   else of a row is read, and only those that occur twice are ranked. Copies of an event were told
   with the same day, so their event dates lie within four days of one another. Each step reads the
   table itself: a CTE that two steps read is materialised, with all of history. #}
with

{% if is_incremental() -%}
arrived as (
    select event_id, event_date
    from {{ ref('int_landed_events') }}
    where reject_reason is null and {{ is_of_this_run('landed_date') }}
),

arrived_dates as (
    select distinct event_date from arrived
),

nearby_dates as (
    select distinct arrived_dates.event_date + cast(shift.days as integer) as event_date
    from arrived_dates
    cross join range(-4, 5) as shift (days)
),
{%- endif %}

repeated_keys as (
    select event_id
    from {{ ref('int_landed_events') }}
    where reject_reason is null
    {% if is_incremental() -%}
    and event_date in (select nearby_dates.event_date from nearby_dates)
    and event_id in (select arrived.event_id from arrived)
    {%- endif %}
    group by 1
    having count(*) > 1
),

repeated as (
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
    where
        reject_reason is null
        and event_id in (select repeated_keys.event_id from repeated_keys)
    {% if is_incremental() -%}
    and event_date in (select nearby_dates.event_date from nearby_dates)
    {%- endif %}
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
