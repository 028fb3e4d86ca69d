with

judged as (
    select * from {{ ref('int_events_judged') }}
    where reject_reason is not null
),

rejected_rows as (
    select * from {{ ref('stg_headwater__rejected_rows') }}
),

landed as (
    select
        source_name,
        source_event_name,
        reject_reason,
        cast(null as varchar) as detail,
        {{ row_as_json('judged') }} as payload,
        true as is_landed,
        occurred_at,
        landed_date,
        file_name,
        row_number_in_file
    from judged
),

unlanded as (
    select
        source_name,
        cast(null as varchar) as source_event_name,
        reject_reason,
        detail,
        cast(null as varchar) as payload,
        false as is_landed,
        cast(null as timestamp) as occurred_at,
        landed_date,
        file_name,
        row_number_in_file
    from rejected_rows
),

final as (
    select * from landed
    union all
    select * from unlanded
)

select * from final
