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

final as (
    select person_key, feature_name, use_state, first_used_date from used
    union all
    select person_key, feature_name, 'unavailable', null from unavailable
)

select * from final
