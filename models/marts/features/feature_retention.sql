{# By how much somebody used a feature in their first days: how many were active in a later window.
   Those who did not use it are everybody less those who did. #}
with

features as (
    select feature_name, launched_on from {{ ref('features') }}
    where is_used
),

active_days as (
    select entity_key as person_key, event_date
    from {{ ref('int_active_days') }}
    where entity_type = 'person'
),

feature_days as (
    select person_key, feature_name, use_count, event_date
    from {{ ref('int_feature_days') }}
    where use_day_number is not null
),

last_days as (
    select max(event_date) as last_date from active_days
),

first_days as (
    select person_key, min(event_date) as first_date
    from active_days
    group by 1
),

lives as (
    select
        first_days.person_key,
        first_days.first_date,
        first_days.first_date + {{ var('feature_retained_last_day') }} < last_days.last_date
            as is_mature,
        bool_or(
            active_days.event_date
            between first_days.first_date + {{ var('feature_retained_first_day') }}
            and first_days.first_date + {{ var('feature_retained_last_day') }}
        ) as is_retained
    from first_days
    inner join active_days on first_days.person_key = active_days.person_key
    cross join last_days
    group by 1, 2, 3
),

everybody as (
    select
        features.feature_name,
        0 as least_use_count,
        count(*) filter (where lives.is_mature) as person_count,
        count(*) filter (where lives.is_mature and lives.is_retained) as retained_count,
        count(*) filter (where not lives.is_mature) as immature_count
    from features
    inner join lives on features.launched_on is null or features.launched_on <= lives.first_date
    group by 1
),

early_uses as (
    select
        feature_days.feature_name,
        lives.person_key,
        lives.is_mature,
        lives.is_retained,
        sum(feature_days.use_count) as use_count
    from feature_days
    inner join features on feature_days.feature_name = features.feature_name
    inner join lives on feature_days.person_key = lives.person_key
    where
        feature_days.event_date < lives.first_date + {{ var('feature_early_days') }}
        and (features.launched_on is null or lives.first_date >= features.launched_on)
    group by 1, 2, 3, 4
),

users as (
    select
        feature_name,
        case
            when use_count >= 8 then 8
            when use_count >= 4 then 4
            when use_count >= 2 then 2
            else 1
        end as least_use_count,
        count(*) filter (where is_mature) as person_count,
        count(*) filter (where is_mature and is_retained) as retained_count,
        count(*) filter (where not is_mature) as immature_count
    from early_uses
    group by 1, 2
),

all_users as (
    select
        feature_name,
        sum(person_count) as person_count,
        sum(retained_count) as retained_count,
        sum(immature_count) as immature_count
    from users
    group by 1
),

counted as (
    select * from users
    union all
    select
        everybody.feature_name,
        everybody.least_use_count,
        everybody.person_count - coalesce(all_users.person_count, 0),
        everybody.retained_count - coalesce(all_users.retained_count, 0),
        everybody.immature_count - coalesce(all_users.immature_count, 0)
    from everybody
    left join all_users on everybody.feature_name = all_users.feature_name
),

final as (
    select
        -- keys
        feature_name,
        least_use_count,
        -- attributes
        case least_use_count
            when 0 then 'none' when 1 then '1' when 2 then '2 to 3' when 4 then '4 to 7'
            else '8 or more'
        end as early_use,
        -- measures
        cast(person_count as bigint) as person_count,
        cast(retained_count as bigint) as retained_count,
        cast(immature_count as bigint) as immature_count,
        retained_count / nullif(cast(person_count as double), 0) as retained_rate,
        {{ wilson_bound('retained_count', 'person_count', 'low') }} as retained_rate_low,
        {{ wilson_bound('retained_count', 'person_count', 'high') }} as retained_rate_high
    from counted
)

select * from final
