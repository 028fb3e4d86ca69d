{# A use shows that the person met the feature, whatever shows it otherwise. #}
with

features as (
    select * from {{ ref('features') }}
    where is_used
),

feature_days as (
    select * from {{ ref('int_feature_days') }}
),

final as (
    select
        -- keys
        feature_days.person_key,
        feature_days.feature_name,
        -- measures
        cast(sum(feature_days.use_count) as bigint) as use_count,
        count(feature_days.first_used_at) as use_day_count,
        -- times, UTC, and local days
        min(feature_days.first_used_at) as first_used_at,
        max(feature_days.last_used_at) as last_used_at,
        min(case when features.exposure_event_name is not null then feature_days.event_date end)
            as first_exposed_date,
        min(case when feature_days.use_day_number = 1 then feature_days.event_date end)
            as first_used_date,
        min(
            case
                when feature_days.use_day_number = features.adopted_use_days
                    then feature_days.event_date
            end
        ) as adopted_date
    from feature_days
    inner join features on feature_days.feature_name = features.feature_name
    group by 1, 2
)

select * from final
