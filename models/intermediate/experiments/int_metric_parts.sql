{# What a metric counts or adds up, and what a ratio divides that by. #}
with

metrics as (
    select * from {{ ref('metrics') }}
),

parts as (
    select metric_name, kind, event_name, filter_name, property_name, true as is_numerator
    from metrics
    union all
    select
        metric_name,
        kind,
        denominator_event_name,
        denominator_filter_name,
        denominator_property_name,
        false
    from metrics
    where denominator_event_name is not null
),

final as (
    select
        -- keys
        metric_name,
        -- attributes
        kind,
        event_name,
        coalesce(filter_name, '') as filter_name,
        coalesce(property_name, '') as property_name,
        -- flags
        is_numerator
    from parts
)

select * from final
