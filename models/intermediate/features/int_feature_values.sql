{# How many took to a feature by the end of the adoption window, how often they used it from then
   on, and what users and others paid in the same stretch of their lives. #}
with

features as (
    select feature_name from {{ ref('features') }}
    where is_used
),

windows as (
    select * from {{ ref('int_impact_windows') }}
    where is_mature
),

uses as (
    select * from {{ ref('int_impact_uses') }}
),

persons as (
    select person_key, revenue_since_start from {{ ref('int_impact_persons') }}
),

feature_days as (
    select person_key, feature_name, event_date from {{ ref('int_feature_days') }}
    where use_count > 0
),

use_days as (
    select
        windows.person_key,
        feature_days.feature_name,
        count(*) as use_day_count
    from windows
    inner join feature_days
        on
            windows.person_key = feature_days.person_key
            and windows.start_date <= feature_days.event_date
            and windows.outcome_end_date > feature_days.event_date
    group by 1, 2
),

pairs as (
    select
        features.feature_name,
        coalesce(uses.use_state, 'unused') in ('before', 'adopted') as is_user,
        coalesce(use_days.use_day_count, 0) as use_day_count,
        persons.revenue_since_start
    from persons
    inner join windows on persons.person_key = windows.person_key
    cross join features
    left join uses
        on persons.person_key = uses.person_key and features.feature_name = uses.feature_name
    left join use_days
        on
            persons.person_key = use_days.person_key
            and features.feature_name = use_days.feature_name
    where coalesce(uses.use_state, 'unused') != 'unavailable'
),

final as (
    select
        -- keys
        features.feature_name,
        -- measures
        count(pairs.feature_name) as person_count,
        count(*) filter (where pairs.is_user) as user_count,
        cast(coalesce(sum(case when pairs.is_user then pairs.use_day_count end), 0) as bigint)
            as use_day_count,
        cast(sum(case when pairs.is_user then pairs.revenue_since_start end) as double)
        / nullif(count(case when pairs.is_user then pairs.revenue_since_start end), 0)
            as revenue_per_user,
        cast(sum(case when not pairs.is_user then pairs.revenue_since_start end) as double)
        / nullif(count(case when not pairs.is_user then pairs.revenue_since_start end), 0)
            as revenue_per_other
    from features
    left join pairs on features.feature_name = pairs.feature_name
    group by 1
)

select * from final
