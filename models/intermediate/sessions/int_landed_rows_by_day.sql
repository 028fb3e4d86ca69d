with

landed_events as (
    select source_name, reject_reason, landed_date
    from {{ ref('int_landed_events') }}
    where {{ is_of_this_run('landed_date') }}
),

final as (
    select
        source_name,
        landed_date,
        count(*) as row_count,
        count(reject_reason) as rejected_count
    from landed_events
    group by 1, 2
)

select * from final
