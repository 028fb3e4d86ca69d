{# A planned event that is gone, and the unplanned one of its tool and platform that began when it
   went and comes about as often as it would have: the nearest, if several do. They are compared on the
   first whole day of the new one. #}
{%- set factor = var('tracking_renamed_factor') %}
with

tracked as (
    select * from {{ ref('int_tracked_series') }}
),

volumes as (
    select * from {{ ref('int_event_volumes_by_day') }}
),

begun as (
    select
        *,
        case
            when first_seen_date < source_last_date then first_seen_date + 1 else first_seen_date
        end as whole_date
    from tracked
    where not is_planned and not is_gone and first_seen_date > source_first_date
),

pairs as (
    select
        gone.source_name,
        gone.event_name,
        gone.platform,
        begun.event_name as new_event_name,
        begun.first_seen_date as renamed_date,
        abs(ln(new_volumes.event_count / volumes.expected_count)) as distance
    from tracked as gone
    inner join begun
        on
            gone.source_name = begun.source_name
            and gone.platform = begun.platform
    inner join volumes
        on
            gone.source_name = volumes.source_name
            and gone.event_name = volumes.event_name
            and gone.platform = volumes.platform
            and begun.whole_date = volumes.event_date
    inner join volumes as new_volumes
        on
            begun.source_name = new_volumes.source_name
            and begun.event_name = new_volumes.event_name
            and begun.platform = new_volumes.platform
            and begun.whole_date = new_volumes.event_date
    where
        gone.is_planned
        and gone.is_gone
        and volumes.expected_count >= 20
        and volumes.event_count < 0.1e0 * volumes.expected_count
        and new_volumes.event_count
        between volumes.expected_count / {{ factor }} and volumes.expected_count * {{ factor }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source_name, event_name, platform order by distance, new_event_name
        ) as place,
        row_number() over (
            partition by source_name, new_event_name, platform order by distance, event_name
        ) as new_place
    from pairs
),

final as (
    select source_name, event_name, platform, new_event_name, renamed_date
    from ranked
    where place = 1 and new_place = 1
)

select * from final
