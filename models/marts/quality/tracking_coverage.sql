with

tracked as (
    select * from {{ ref('int_tracked_series') }}
),

renamed as (
    select * from {{ ref('int_renamed_events') }}
),

plan as (
    select * from {{ ref('tracking_plan') }}
    where property_name is not null
),

properties as (
    select * from {{ ref('int_tracked_properties') }}
),

events as (
    select
        tracked.source_name,
        tracked.event_name,
        tracked.platform,
        '' as property_name,
        cast(null as string) as property_type,
        tracked.owner,
        case
            when not tracked.is_planned then 'unplanned'
            when renamed.new_event_name is not null then 'renamed'
            when tracked.is_gone then 'missing'
            else 'covered'
        end as status,
        coalesce(renamed.new_event_name, earlier.event_name) as other_event_name,
        tracked.event_count,
        cast(null as bigint) as carried_count,
        cast(null as bigint) as typed_count,
        cast(null as double) as least_share,
        coalesce(renamed.renamed_date, earlier.renamed_date) as renamed_date,
        tracked.first_seen_date,
        tracked.last_seen_date
    from tracked
    left join renamed
        on
            tracked.source_name = renamed.source_name
            and tracked.event_name = renamed.event_name
            and tracked.platform = renamed.platform
    left join renamed as earlier
        on
            tracked.source_name = earlier.source_name
            and tracked.event_name = earlier.new_event_name
            and tracked.platform = earlier.platform
    where tracked.is_planned or tracked.event_count > 0
),

planned_properties as (
    select
        tracked.source_name,
        tracked.event_name,
        tracked.platform,
        plan.property_name,
        plan.property_type,
        plan.owner,
        coalesce(properties.event_count, 0) as event_count,
        coalesce(properties.carried_count, 0) as carried_count,
        coalesce(properties.typed_count, 0) as typed_count,
        coalesce(try_cast(plan.least_share as double), 1) as least_share,
        tracked.is_gone,
        tracked.first_seen_date,
        tracked.last_seen_date
    from plan
    inner join tracked
        on
            plan.source_name = tracked.source_name
            and plan.event_name = tracked.event_name
            and (
                plan.platform is null or plan.platform = tracked.platform
            )
    left join properties
        on
            tracked.source_name = properties.source_name
            and tracked.event_name = properties.event_name
            and tracked.platform = properties.platform
            and plan.property_name = properties.property_name
),

{# A property of which no event came lately is judged no worse than its event. #}
judged_properties as (
    select
        source_name,
        event_name,
        platform,
        property_name,
        property_type,
        owner,
        case
            when event_count = 0 and not is_gone then 'covered'
            when carried_count = 0 then 'missing'
            when typed_count < least_share * carried_count then 'type_drift'
            when carried_count < least_share * event_count then 'partial'
            else 'covered'
        end as status,
        cast(null as string) as other_event_name,
        event_count,
        carried_count,
        typed_count,
        least_share,
        cast(null as date) as renamed_date,
        first_seen_date,
        last_seen_date
    from planned_properties
),

final as (
    select * from events
    union all
    select * from judged_properties
)

select
    -- keys
    source_name,
    event_name,
    platform,
    property_name,
    -- attributes
    property_type,
    owner,
    status,
    other_event_name,
    -- measures
    cast(event_count as bigint) as event_count,
    cast(carried_count as bigint) as carried_count,
    cast(typed_count as bigint) as typed_count,
    cast(carried_count / nullif(event_count, 0) as double) as coverage_share,
    cast(least_share as double) as least_share,
    -- times
    renamed_date,
    first_seen_date,
    last_seen_date
from final
