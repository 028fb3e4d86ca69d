{# On which local days a person used a feature or met it. What happened before the launch does not
   count. A run restates the persons whose rows arrived, and those who turned out to be somebody
   else. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

features as (
    select * from {{ ref('features') }}
    where is_used
),

asked as (
    select
        feature_name,
        event_name,
        coalesce(filter_name, '') as filter_name,
        launched_on,
        true as is_use
    from features
    union all
    select feature_name, exposure_event_name, coalesce(exposure_filter_name, ''), launched_on, false
    from features
    where exposure_event_name is not null
),

persons as (
    select identifier_key, cast(person_id as bigint) as person_key
    from {{ ref('int_person_identifiers') }}
),

{% if is_incremental() -%}
changed as (
    select * from {{ ref('int_changed_persons') }}
),
{%- endif %}

named_events as (
    select event_name, filter_name, device_key, user_key, checkout_key, occurred_at, event_date
    from {{ ref('int_named_events') }}
    where
        event_name in (select asked.event_name from asked)
        and property_name = ''
    {% if is_incremental() -%}
    and {{ is_of_changed_persons() }}
    {%- endif %}
),

identified as (
    {{ with_person_key('named_events') }}
),

counted as (
    select
        identified.person_key,
        asked.feature_name,
        identified.event_date,
        count(*) filter (where asked.is_use) as use_count,
        min(case when asked.is_use then identified.occurred_at end) as first_used_at,
        max(case when asked.is_use then identified.occurred_at end) as last_used_at
    from identified
    inner join asked
        on
            identified.event_name = asked.event_name
            and identified.filter_name = asked.filter_name
            and (asked.launched_on is null or identified.event_date >= asked.launched_on)
    where
        identified.person_key is not null
    {% if is_incremental() -%}
    and identified.person_key in (select changed.person_key from changed)
    {%- endif %}
    group by 1, 2, 3
),

{# Days of use are counted apart from days on which the person only met it. #}
numbered as (
    select
        *,
        row_number() over (
            partition by person_key, feature_name, use_count > 0 order by event_date
        ) as day_number
    from counted
),

{# A person who is no longer there is deleted by a row without a feature. #}
final as (
    select
        person_key,
        feature_name,
        use_count,
        case when use_count > 0 then day_number end as use_day_number,
        first_used_at,
        last_used_at,
        event_date
    from numbered
    {%- if is_incremental() %}
    union all
    select distinct person_key, null, 0, null, null, null, null from changed
    {%- endif %}
)

select * from final
