{# Of everybody who could have used both: whoever was active since the later of the two launches.
   Users are counted by the last day on which they were active, so each pair can take its own.
   Longer than a screen for its three counts. #}
with

features as (
    select
        feature_name,
        coalesce(launched_on, cast('{{ var("event_time_floor_date") }}' as date)) as launched_date
    from {{ ref('features') }}
    where is_used
),

persons as (
    select entity_key as person_key, max(event_date) as last_active_date
    from {{ ref('int_active_days') }}
    where entity_type = 'person'
    group by 1
),

users as (
    select person_key, feature_name
    from {{ ref('int_feature_persons') }}
    where first_used_date is not null
),

persons_by_last_day as (
    select last_active_date, count(*) as person_count
    from persons
    group by 1
),

users_by_last_day as (
    select users.feature_name, persons.last_active_date, count(*) as user_count
    from users
    inner join persons on users.person_key = persons.person_key
    group by 1, 2
),

pairs as (
    select
        features.feature_name,
        others.feature_name as other_feature_name,
        greatest(features.launched_date, others.launched_date) as both_launched_date
    from features
    inner join features as others on features.feature_name != others.feature_name
),

populations as (
    select
        pairs.feature_name,
        pairs.other_feature_name,
        sum(persons_by_last_day.person_count) as person_count
    from pairs
    inner join persons_by_last_day
        on pairs.both_launched_date <= persons_by_last_day.last_active_date
    group by 1, 2
),

user_counts as (
    select
        pairs.feature_name,
        pairs.other_feature_name,
        sum(users_by_last_day.user_count) as user_count
    from pairs
    inner join users_by_last_day
        on
            pairs.feature_name = users_by_last_day.feature_name
            and pairs.both_launched_date <= users_by_last_day.last_active_date
    group by 1, 2
),

used_both as (
    select users.feature_name, others.feature_name as other_feature_name, count(*) as both_count
    from users
    inner join users as others
        on users.person_key = others.person_key and users.feature_name < others.feature_name
    group by 1, 2
),

counted as (
    select
        pairs.feature_name,
        pairs.other_feature_name,
        cast(coalesce(populations.person_count, 0) as bigint) as person_count,
        cast(coalesce(user_counts.user_count, 0) as bigint) as user_count,
        cast(coalesce(other_counts.user_count, 0) as bigint) as other_user_count,
        coalesce(used_both.both_count, 0) as both_count
    from pairs
    left join populations
        on
            pairs.feature_name = populations.feature_name
            and pairs.other_feature_name = populations.other_feature_name
    left join user_counts
        on
            pairs.feature_name = user_counts.feature_name
            and pairs.other_feature_name = user_counts.other_feature_name
    left join user_counts as other_counts
        on
            pairs.feature_name = other_counts.other_feature_name
            and pairs.other_feature_name = other_counts.feature_name
    left join used_both
        on
            least(pairs.feature_name, pairs.other_feature_name) = used_both.feature_name
            and greatest(pairs.feature_name, pairs.other_feature_name)
            = used_both.other_feature_name
),

final as (
    select
        -- keys
        feature_name,
        other_feature_name,
        -- measures
        person_count,
        user_count,
        other_user_count,
        both_count,
        both_count / nullif(cast(person_count as double), 0) as support_rate,
        both_count / nullif(cast(user_count as double), 0) as confidence_rate,
        {{ wilson_bound('both_count', 'user_count', 'low') }} as confidence_rate_low,
        {{ wilson_bound('both_count', 'user_count', 'high') }} as confidence_rate_high,
        both_count * cast(person_count as double)
        / nullif(user_count * cast(other_user_count as double), 0) as lift
    from counted
)

select * from final
