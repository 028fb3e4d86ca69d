{# Days run from the launch or from the first day of the person, whichever is later. #}
with

features as (
    select
        feature_name,
        coalesce(launched_on, cast('{{ var("event_time_floor_date") }}' as date)) as launched_date,
        window_days
    from {{ ref('features') }}
    where is_used
),

feature_persons as (
    select * from {{ ref('int_feature_persons') }}
    where first_used_date is not null
),

first_uses as (
    select * from {{ ref('int_first_feature_uses') }}
),

eligible_persons as (
    select person_key, launched_date, available_date
    from {{ ref('int_eligible_persons') }}
),

persons as (
    select cast(person_id as bigint) as person_key, person_id, first_seen_date
    from {{ ref('persons') }}
),

active_days as (
    select entity_key as person_key, event_date
    from {{ ref('int_active_days') }}
    where entity_type = 'person'
),

last_days as (
    select max(event_date) as last_date from active_days
),

{# Both counts take in the day of the first use. #}
around_first_use as (
    select
        feature_persons.person_key,
        feature_persons.feature_name,
        count(*) filter (where active_days.event_date <= feature_persons.first_used_date)
            as active_days_until,
        count(*) filter (where active_days.event_date >= feature_persons.first_used_date)
            as active_days_since
    from feature_persons
    inner join active_days on feature_persons.person_key = active_days.person_key
    group by 1, 2
),

final as (
    select
        -- keys
        feature_persons.feature_name,
        persons.person_id,
        replace(cast(first_uses.event_id as string), '-', '') as first_use_event_id,
        -- attributes
        first_uses.platform,
        first_uses.device_type,
        first_uses.country,
        first_uses.user_intent,
        first_uses.content_category,
        first_uses.surface,
        {{ user_tenure('feature_persons.first_used_date', 'persons.first_seen_date') }}
            as user_tenure,
        first_uses.previous_event_name,
        first_uses.previous_feature_name,
        first_uses.previous_surface,
        -- measures
        around_first_use.active_days_until as first_use_active_day_number,
        feature_persons.use_count,
        feature_persons.use_day_count,
        feature_persons.use_count / cast(around_first_use.active_days_since as double)
            as uses_per_active_day,
        feature_persons.use_day_count / cast(around_first_use.active_days_since as double)
            as use_day_rate,
        cast({{ dbt.datediff(
            'eligible_persons.available_date', 'feature_persons.first_used_date', 'day'
        ) }} as integer) as days_to_first_use, -- noqa: LT05
        cast({{ dbt.datediff(
            'eligible_persons.available_date', 'feature_persons.adopted_date', 'day'
        ) }} as integer) as days_to_adopt, -- noqa: LT05
        -- flags
        feature_persons.adopted_date is not null as is_adopted,
        eligible_persons.available_date + features.window_days <= last_days.last_date as is_mature,
        -- times, UTC, and local days
        feature_persons.first_used_at,
        feature_persons.last_used_at,
        feature_persons.first_exposed_date,
        feature_persons.first_used_date,
        feature_persons.adopted_date
    from feature_persons
    inner join features on feature_persons.feature_name = features.feature_name
    inner join persons on feature_persons.person_key = persons.person_key
    inner join eligible_persons
        on
            feature_persons.person_key = eligible_persons.person_key
            and features.launched_date = eligible_persons.launched_date
    inner join first_uses
        on
            feature_persons.person_key = first_uses.person_key
            and feature_persons.feature_name = first_uses.feature_name
    inner join around_first_use
        on
            feature_persons.person_key = around_first_use.person_key
            and feature_persons.feature_name = around_first_use.feature_name
    cross join last_days
)

select * from final
