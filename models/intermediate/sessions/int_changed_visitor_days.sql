{# What a run has to restate at session and day grain: where its landed rows, or copies of them,
   lie. A view that every run makes anew, with its landed days written out. #}

with

arrived as (
    select event_id, source_name, visitor_id, event_date, occurred_at
    from {{ ref('int_landed_events') }}
    where reject_reason is null and {{ landed_in_this_run('landed_date') }}
),

copies as (
    select source_name, visitor_id, event_date, occurred_at
    from {{ ref('int_event_copies') }}
    where event_id in (select arrived.event_id from arrived)
),

changed as (
    select source_name, visitor_id, event_date, occurred_at from arrived
    union all
    select source_name, visitor_id, event_date, occurred_at from copies
),

final as (
    select
        source_name,
        visitor_id,
        event_date,
        min(occurred_at) as first_changed_at,
        max(occurred_at) as last_changed_at
    from changed
    group by 1, 2, 3
)

select * from final
