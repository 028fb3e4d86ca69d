{# From the launch, or from the first day of the data, each day has a row, used or not. #}
with

features as (
    select * from {{ ref('features') }}
    where is_used
),

feature_days as (
    select * from {{ ref('int_feature_days') }}
    where use_day_number is not null
),

active_days as (
    select event_date, count(*) as active_person_count
    from {{ ref('int_active_days') }}
    where entity_type = 'person'
    group by 1
),

bounds as (
    select min(event_date) as first_date, max(event_date) as last_date
    from active_days
),

calendar as (
    {{ days_between('bounds', 'first_date', 'last_date') }}
),

counted as (
    select
        feature_days.feature_name,
        feature_days.event_date,
        count(*) as user_count,
        sum(feature_days.use_count) as use_count,
        count(*) filter (where feature_days.use_day_number = 1) as new_user_count,
        count(*) filter (where feature_days.use_day_number = features.adopted_use_days)
            as new_adopter_count
    from feature_days
    inner join features on feature_days.feature_name = features.feature_name
    group by 1, 2
),

filled as (
    select
        features.feature_name,
        features.launched_on,
        calendar.date_day as event_date,
        coalesce(active_days.active_person_count, 0) as active_person_count,
        coalesce(counted.user_count, 0) as user_count,
        coalesce(counted.use_count, 0) as use_count,
        coalesce(counted.new_user_count, 0) as new_user_count,
        coalesce(counted.new_adopter_count, 0) as new_adopter_count
    from features
    inner join calendar
        on features.launched_on is null or features.launched_on <= calendar.date_day
    left join active_days on calendar.date_day = active_days.event_date
    left join counted
        on
            features.feature_name = counted.feature_name
            and calendar.date_day = counted.event_date
),

final as (
    select
        -- keys
        feature_name,
        -- measures
        active_person_count,
        user_count,
        cast(use_count as bigint) as use_count,
        user_count / nullif(cast(active_person_count as double), 0) as user_rate,
        {{ wilson_bound('user_count', 'active_person_count', 'low') }} as user_rate_low,
        {{ wilson_bound('user_count', 'active_person_count', 'high') }} as user_rate_high,
        new_user_count,
        new_adopter_count,
        cast(sum(new_user_count) over feature_until_day as bigint) as cumulative_user_count,
        cast(sum(new_adopter_count) over feature_until_day as bigint) as cumulative_adopter_count,
        cast({{ dbt.datediff('launched_on', 'event_date', 'day') }} as integer) -- noqa: LT05
            as days_since_launch,
        -- times
        event_date
    from filled
    window feature_until_day as (
        partition by feature_name order by event_date rows unbounded preceding
    )
)

select * from final
