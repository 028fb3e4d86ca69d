with

first_uses as (
    select * from {{ ref('int_first_feature_uses') }}
),

counted as (
    select
        feature_name,
        coalesce(previous_event_name, '(none)') as previous_event_name,
        coalesce(previous_feature_name, '(none)') as previous_feature_name,
        coalesce(previous_surface, '(none)') as previous_surface,
        count(*) as person_count
    from first_uses
    group by 1, 2, 3, 4
),

with_whole as (
    select
        *,
        cast(sum(person_count) over (partition by feature_name) as bigint) as user_count
    from counted
),

final as (
    select
        -- keys
        feature_name,
        previous_event_name,
        previous_feature_name,
        previous_surface,
        -- measures
        person_count,
        user_count,
        person_count / cast(user_count as double) as person_rate,
        {{ wilson_bound('person_count', 'user_count', 'low') }} as person_rate_low,
        {{ wilson_bound('person_count', 'user_count', 'high') }} as person_rate_high,
        cast(row_number() over (
            partition by feature_name
            order by
                person_count desc,
                previous_event_name asc,
                previous_feature_name asc,
                previous_surface asc
        ) as bigint) as place
    from with_whole
)

select * from final
