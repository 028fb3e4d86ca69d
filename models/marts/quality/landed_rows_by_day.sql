{# Landed rows are counted in the files, the others in the warehouse, so that the balance can fail.
   #}
with

landings as (
    select source_name, landed_date, row_count
    from {{ ref('int_landings') }}
    where
        source_name != 'headwater'
        and table_name in ('events', 'pixel_events', 'tracks', 'pages', 'screens', 'identifies')
),

built_rows as (
    select source_name, landed_date, row_count, rejected_count
    from {{ ref('int_landed_rows_by_day') }}
),

copies as (
    select source_name, landed_date
    from {{ ref('int_event_copies') }}
),

counted as (
    select source_name, landed_date, row_count as landed, 0 as built, 0 as duplicate, 0 as rejected
    from landings
    union all
    select source_name, landed_date, 0, row_count, 0, rejected_count from built_rows
    union all
    select source_name, landed_date, 0, 0, 1, 0 from copies
),

final as (
    select
        source_name,
        landed_date,
        cast(sum(landed) as bigint) as landed_count,
        cast(sum(built) - sum(duplicate) - sum(rejected) as bigint) as event_count,
        cast(sum(duplicate) as bigint) as duplicate_count,
        cast(sum(rejected) as bigint) as rejected_count
    from counted
    group by 1, 2
)

select * from final
