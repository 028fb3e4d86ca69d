{# How many persons of a segment met, tried and adopted a feature within its window, once that has
   closed. Who could use it is counted once for all features with the same launch and window. Longer
   than a screen: the two counts share their windows and their small groups. #}
{%- set given = given_segments(ref('segments'), ref('segment_rules')) %}
with

features as (
    select
        feature_name,
        coalesce(launched_on, cast('{{ var("event_time_floor_date") }}' as date)) as launched_date,
        window_days
    from {{ ref('features') }}
    where is_used
),

segments as (
    {{ segment_readings(ref('segments')) }}
),

feature_persons as (
    select * from {{ ref('int_feature_persons') }}
),

last_days as (
    select max(event_date) as last_date from {{ ref('int_active_days') }}
),

people as (
    select
        cast(person_id as bigint) as person_key,
        {{ local_date('min(first_seen_at)') }} as first_seen_date
    from {{ ref('int_person_identifiers') }}
    group by 1
),

windows as (
    select distinct launched_date, window_days from features
),

{# Who came back after the window only never had it open before them. #}
eligible as (
    select
        persons.*,
        {{ user_tenure('persons.eligible_date', 'people.first_seen_date') }} as user_tenure,
        windows.window_days,
        persons.available_date + windows.window_days <= last_days.last_date as is_mature
    from {{ ref('int_eligible_persons') }} as persons
    inner join people on persons.person_key = people.person_key
    inner join windows on persons.launched_date = windows.launched_date
    cross join last_days
    where persons.eligible_date < persons.available_date + windows.window_days
),

described as (
    {{ with_given_segments('eligible', ref('int_person_segments'), given) }}
),

eligible_by_segment as (
    {{ by_segment('described', given) }}
),

sizes as (
    select
        launched_date,
        window_days,
        segment_name,
        segment_value,
        case
            when
                segment_name != 'all' and count(*) < {{ var('segment_smallest_count') }}
                then 'other'
            else segment_value
        end as shown_value,
        count(*) filter (where is_mature) as person_count,
        count(*) filter (where not is_mature) as immature_count
    from eligible_by_segment
    group by 1, 2, 3, 4
),

reached as (
    select
        described.*,
        features.feature_name,
        coalesce(
            feature_persons.first_used_date
            < described.available_date + described.window_days,
            false
        ) as is_tried,
        coalesce(
            feature_persons.adopted_date
            < described.available_date + described.window_days,
            false
        ) as is_adopted,
        {{ dbt.datediff(
            'described.available_date', 'feature_persons.first_used_date', 'day'
        ) }} as days_to_first_use, -- noqa: LT05
        {{ dbt.datediff(
            'described.available_date', 'feature_persons.adopted_date', 'day'
        ) }} as days_to_adopt -- noqa: LT05
    from feature_persons
    inner join features on feature_persons.feature_name = features.feature_name
    inner join described
        on
            feature_persons.person_key = described.person_key
            and features.launched_date = described.launched_date
            and features.window_days = described.window_days
    where
        described.is_mature
        and least(feature_persons.first_exposed_date, feature_persons.first_used_date)
        < described.available_date + described.window_days
),

reached_by_segment as (
    {{ by_segment('reached', given) }}
),

reached_counts as (
    select
        reached_by_segment.feature_name,
        reached_by_segment.segment_name,
        sizes.shown_value,
        count(*) as exposed_count,
        count(*) filter (where reached_by_segment.is_tried) as tried_count,
        count(*) filter (where reached_by_segment.is_adopted) as adopted_count,
        {{ quantile('case when is_tried then days_to_first_use end', 0.5) }}
            as days_to_first_use_p50,
        {{ quantile('case when is_tried then days_to_first_use end', 0.9) }}
            as days_to_first_use_p90,
        {{ quantile('case when is_adopted then days_to_adopt end', 0.5) }}
            as days_to_adopt_p50,
        {{ quantile('case when is_adopted then days_to_adopt end', 0.9) }}
            as days_to_adopt_p90
    from reached_by_segment
    inner join sizes
        on
            reached_by_segment.launched_date = sizes.launched_date
            and reached_by_segment.window_days = sizes.window_days
            and reached_by_segment.segment_name = sizes.segment_name
            and reached_by_segment.segment_value = sizes.segment_value
    group by 1, 2, 3
),

eligible_counts as (
    select
        features.feature_name,
        sizes.segment_name,
        sizes.shown_value,
        sum(sizes.person_count) as person_count,
        sum(sizes.immature_count) as immature_count
    from features
    inner join sizes
        on
            features.launched_date = sizes.launched_date
            and features.window_days = sizes.window_days
    group by 1, 2, 3
),

final as (
    select
        -- keys
        eligible_counts.feature_name,
        eligible_counts.segment_name,
        eligible_counts.shown_value as segment_value,
        -- measures
        cast(eligible_counts.person_count as bigint) as person_count,
        cast(eligible_counts.immature_count as bigint) as immature_count,
        coalesce(reached_counts.exposed_count, 0) as exposed_count,
        coalesce(reached_counts.tried_count, 0) as tried_count,
        coalesce(reached_counts.adopted_count, 0) as adopted_count,
        reached_counts.days_to_first_use_p50,
        reached_counts.days_to_first_use_p90,
        reached_counts.days_to_adopt_p50,
        reached_counts.days_to_adopt_p90
    from eligible_counts
    left join reached_counts
        on
            eligible_counts.feature_name = reached_counts.feature_name
            and eligible_counts.segment_name = reached_counts.segment_name
            and eligible_counts.shown_value = reached_counts.shown_value
)

select * from final
