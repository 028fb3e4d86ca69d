{# Who starts, joined with what they came back to: days are compared, never times, so a return on
   the day of the start counts in period 0 even if it came first. A view, since one mart reads it.
   Longer than a screen: starts are read twice, narrow and with what segments need. #}
{%- set attributes = segment_properties() | reject('equalto', 'user_tenure') | list %}
with

retentions as (
    select
        *,
        coalesce(start_filter, '') as start_filter_name,
        coalesce(return_filter, '') as return_filter_name,
        case when cohort_kind = 'first_time' then 'ever' else period end as once_per
    from {{ ref('retentions') }}
),

distances as (
    select * from {{ ref('int_retention_distances') }}
),

farthest as (
    select max(distance) as distance from distances
),

starts as (
    select start_event, start_filter, once_per, person_key, start_date
    from {{ ref('int_retention_event_starts') }}
    union all
    select '*', '', once_per, person_key, start_date
    from {{ ref('int_retention_activity_starts') }}
),

returns as (
    select return_event, return_filter, person_key, return_date
    from {{ ref('int_retention_returns') }}
    union all
    select '*', '', entity_key, event_date
    from {{ ref('int_active_days') }}
    where entity_type = 'person'
),

pairs as (
    select
        retentions.retention_name,
        retentions.period,
        starts.person_key,
        starts.start_date,
        least(
            {{ period_number('returns.return_date', 'retentions.period') }}
            - {{ period_number('starts.start_date', 'retentions.period') }},
            farthest.distance
        ) as distance
    from starts
    inner join retentions
        on
            starts.start_event = retentions.start_event
            and starts.start_filter = retentions.start_filter_name
            and starts.once_per = retentions.once_per
    inner join returns
        on
            starts.person_key = returns.person_key
            and retentions.return_event = returns.return_event
            and retentions.return_filter_name = returns.return_filter
    cross join farthest
),

returned as (
    select
        pairs.retention_name,
        pairs.person_key,
        pairs.start_date,
        bit_or(distances.flags) as returned_flags
    from pairs
    inner join distances
        on
            pairs.period = distances.period
            and pairs.distance = distances.distance
    where distances.flags != 0
    group by 1, 2, 3
),

{# Read anew: kept with these columns, what is read twice would fill the memory. #}
described_starts as (
    select
        start_event,
        start_filter,
        once_per,
        person_key,
        {{ attributes | join(', ') }},
        started_at,
        start_date
    from {{ ref('int_retention_event_starts') }}
    union all
    select '*', '', once_per, person_key, {{ attributes | join(', ') }}, started_at, start_date
    from {{ ref('int_retention_activity_starts') }}
),

final as (
    select
        -- keys
        retentions.retention_name,
        starts.person_key,
        {{ period_number('starts.start_date', 'retentions.period') }} as start_period_number,
        -- attributes
        retentions.period,
        {%- for attribute in attributes %}
        starts.{{ attribute }},
        {%- endfor %}
        coalesce(returned.returned_flags, 0) as returned_flags,
        -- times
        coalesce(starts.started_at, cast(starts.start_date as timestamp)) as segment_at,
        starts.start_date,
        {{ period_start('starts.start_date', 'retentions.cohort_period') }} as cohort_date
    from described_starts as starts
    inner join retentions
        on
            starts.start_event = retentions.start_event
            and starts.start_filter = retentions.start_filter_name
            and starts.once_per = retentions.once_per
    left join returned
        on
            retentions.retention_name = returned.retention_name
            and starts.person_key = returned.person_key
            and starts.start_date = returned.start_date
)

select * from final
