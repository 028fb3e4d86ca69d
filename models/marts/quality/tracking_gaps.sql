{# What a gap touches: things that ask for the event, or for the property of it, and the marts made
   of them. A tool's gap touches a journey of other tools' events not, nor an experiment that was over
   before the event fell silent. #}
with

gaps as (
    select * from {{ ref('tracking_coverage') }}
    where status != 'covered'
),

uses as (
    select * from {{ ref('int_event_uses') }}
),

marts as (
    select * from {{ ref('int_marts_of_things') }}
),

counts as (
    select
        event_name,
        source_name,
        platform,
        sum(event_count) as event_count
    from {{ ref('int_event_volumes_by_day') }}
    group by 1, 2, 3
),

shares as (
    select
        event_name,
        source_name,
        platform,
        event_count / nullif(sum(event_count) over (partition by event_name), 0) as event_share
    from counts
),

touched as (
    select
        gaps.source_name,
        gaps.event_name,
        gaps.platform,
        gaps.property_name,
        uses.thing_kind,
        uses.thing_name,
        uses.used_as
    from gaps
    inner join uses
        on
            gaps.event_name = uses.event_name
            and gaps.property_name = uses.property_name
    where
        (uses.sources = '' or instr('|' || uses.sources || '|', '|' || gaps.source_name || '|') > 0)
        and coalesce(gaps.last_seen_date < uses.ended_date, true)
),

touched_marts as (
    select distinct
        touched.source_name,
        touched.event_name,
        touched.platform,
        touched.property_name,
        'mart' as thing_kind,
        marts.mart_name as thing_name,
        touched.thing_kind as used_as
    from touched
    inner join marts on touched.thing_kind = marts.thing_kind
),

everything as (
    select * from touched
    union all
    select * from touched_marts
),

final as (
    select
        -- keys
        everything.source_name,
        everything.event_name,
        everything.platform,
        everything.property_name,
        everything.thing_kind,
        everything.thing_name,
        everything.used_as,
        -- attributes
        gaps.status,
        gaps.owner,
        -- measures
        cast(shares.event_share as double) as event_share
    from everything
    inner join gaps
        on
            everything.source_name = gaps.source_name
            and everything.event_name = gaps.event_name
            and everything.platform = gaps.platform
            and everything.property_name = gaps.property_name
    left join shares
        on
            everything.source_name = shares.source_name
            and everything.event_name = shares.event_name
            and everything.platform = shares.platform
)

select * from final
