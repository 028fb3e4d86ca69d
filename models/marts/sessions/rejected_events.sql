with

landed_events as (
    select * except (event_id) -- noqa: PRS
    from {{ ref('int_landed_events') }}
    where reject_reason is not null and {{ is_of_this_run('landed_date') }}
),

rejected_rows as (
    select * from {{ ref('stg_headwater__rejected_rows') }}
    where {{ is_of_this_run('landed_date') }}
),

landed as (
    select
        source_name,
        source_event_name,
        reject_reason,
        cast(null as string) as detail,
        -- who did not consent is not shown here either
        case when reject_reason <> 'no_consent' then {{ row_as_json('landed_events') }} end
            as payload,
        true as is_landed,
        occurred_at,
        landed_date,
        file_name,
        row_number_in_file
    from landed_events
),

unlanded as (
    select
        source_name,
        cast(null as string) as source_event_name,
        reject_reason,
        detail,
        cast(null as string) as payload,
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
