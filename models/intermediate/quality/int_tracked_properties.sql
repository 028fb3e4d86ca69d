{# What planned events carried in the last `tracking_days` that are over. A value is of a type if
   its text can be read as one. #}
with

plan as (
    select * from {{ ref('tracking_plan') }}
    where property_name is not null
),

last_days as (
    select
        source_name,
        max(event_date) as last_date
    from {{ ref('int_event_volumes_by_day') }}
    group by 1
),

first_day as (
    select min(last_date) - {{ var('tracking_days') }} as before_date from last_days
),

carried as (
    select
        plan.source_name,
        plan.event_name,
        events.platform,
        plan.property_name,
        plan.property_type,
        nullif({{ event_property('events', 'plan.property_name') }}, '') as property_value
    from {{ ref('int_events') }} as events
    inner join last_days
        on
            events.source_name = last_days.source_name
            and events.event_date > last_days.last_date - {{ var('tracking_days') }}
            and events.event_date <= last_days.last_date
    inner join plan
        on
            events.source_name = plan.source_name
            and events.event_name = plan.event_name
            and coalesce(plan.platform, events.platform) = events.platform
    where
        not events.is_bot
        and events.event_date > (select first_day.before_date from first_day)
),

final as (
    select
        -- keys
        source_name,
        event_name,
        platform,
        property_name,
        -- measures
        count(*) as event_count,
        count(property_value) as carried_count,
        count(
            case
                when property_type = 'text' then property_value
                when property_type = 'integer' and {{ matches('property_value', '^-?[0-9]+$') }}
                    then property_value
                when
                    property_type = 'number'
                    and {{ matches('property_value', '^-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?$') }}
                    then property_value
                when property_type = 'boolean' and lower(property_value) in ('true', 'false')
                    then property_value
                when property_type = 'time' and try_cast(property_value as timestamp) is not null
                    then property_value
            end
        ) as typed_count
    from carried
    group by 1, 2, 3, 4
)

select * from final
