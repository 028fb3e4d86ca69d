{# What each person had to do with a feature by the time outcomes begin. Who used it before the
   adoption window is neither an adopter nor a comparable other, and whoever could not use it in the
   whole of that window is neither. #}
with

features as (
    select feature_name, launched_on from {{ ref('features') }}
    where is_used
),

windows as (
    select person_key, adoption_start_date, outcome_start_date
    from {{ ref('int_impact_windows') }}
),

first_uses as (
    select
        person_key,
        feature_name,
        {{ local_date('first_used_at') }} as first_used_date
    from {{ ref('int_feature_persons') }}
    where first_used_at is not null
),

uses_before as (
    select
        windows.person_key,
        feature_days.feature_name,
        cast(sum(feature_days.use_count) as bigint) as use_count
    from windows
    inner join {{ ref('int_feature_days') }} as feature_days
        on
            windows.person_key = feature_days.person_key
            and windows.adoption_start_date > feature_days.event_date
    group by 1, 2
),

unavailable as (
    select windows.person_key, features.feature_name
    from windows
    inner join features on windows.adoption_start_date < features.launched_on
),

used as (
    select
        first_uses.person_key,
        first_uses.feature_name,
        case
            when first_uses.first_used_date < windows.adoption_start_date then 'before'
            else 'adopted'
        end as use_state,
        first_uses.first_used_date
    from first_uses
    inner join windows on first_uses.person_key = windows.person_key
    left join unavailable
        on
            first_uses.person_key = unavailable.person_key
            and first_uses.feature_name = unavailable.feature_name
    where
        first_uses.first_used_date < windows.outcome_start_date
        and unavailable.person_key is null
),

stated as (
    select person_key, feature_name, use_state, first_used_date from used
    union all
    select person_key, feature_name, 'unavailable', null from unavailable
),

final as (
    select
        -- keys
        stated.person_key,
        stated.feature_name,
        -- attributes
        stated.use_state,
        -- measures
        coalesce(uses_before.use_count, 0) as before_use_count,
        -- times
        stated.first_used_date
    from stated
    left join uses_before
        on
            stated.person_key = uses_before.person_key
            and stated.feature_name = uses_before.feature_name
)

select * from final
