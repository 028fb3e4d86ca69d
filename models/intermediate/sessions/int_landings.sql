with

landed_files as (
    select source_name, table_name, landed_date, row_count
    from {{ ref('stg_headwater__landed_files') }}
),

final as (
    select
        source_name,
        table_name,
        landed_date,
        count(*) as file_count,
        cast(sum(row_count) as bigint) as row_count
    from landed_files
    where row_count > 0
    group by 1, 2, 3
)

select * from final
