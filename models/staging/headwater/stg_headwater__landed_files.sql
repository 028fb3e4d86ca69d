with

source as (
    {{ landed_files() }}
),

final as (
    select
        -- keys
        source_name,
        table_name,
        file_path,
        -- measures
        cast(row_count as bigint) as row_count,
        -- times
        landed_date
    from source
)

select * from final
