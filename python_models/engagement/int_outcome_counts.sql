{# What people were when they first entered a funnel or a retention, and whether they got through or
   came back: as counts, since a search needs no more. A fifth of the people is held out. #}
{%- set properties = segment_properties() %}
{%- set given = given_segments(ref('segments')) %}
with

entries as (
    select * from {{ ref('funnel_entries') }}
    where is_counted and is_mature
),

ranked as (
    select
        *,
        cast(person_id as bigint) as person_key,
        row_number() over (
            partition by funnel_name, person_id order by entered_at, entry_event_id
        ) as entry_number
    from entries
),

periods as (
    select * from {{ ref('int_retention_periods') }}
    where kind = 'on_or_after'
),

retentions as (
    select retention_name, period from {{ ref('retentions') }}
    where cohort_kind = 'first_time'
),

last_moment as (
    select {{ local_date('max(ended_at)') }} as last_date from {{ ref('int_session_spans') }}
),

first_seen as (
    select cast(person_id as bigint) as person_key, first_seen_date
    from {{ ref('persons') }}
),

outcomes as (
    select
        'funnel ' || funnel_name as outcome_name,
        person_key,
        {{ properties | join(',\n        ') }},
        entered_at as segment_at,
        is_converted as is_success
    from ranked
    where entry_number = 1
    union all
    select
        'retention ' || retentions.retention_name || ', in or after ' || retentions.period || ' '
        || cast(periods.first_period as string),
        starts.person_key,
        {% for property in properties if property != 'user_tenure' -%}
        starts.{{ property }},
        {% endfor -%}
        case
            when starts.start_date < first_seen.first_seen_date + {{ var('new_person_days') }}
                then 'New'
            else 'Retained'
        end,
        starts.segment_at,
        (starts.returned_flags & periods.flag) != 0
    from {{ ref('int_retention_outcomes') }} as starts
    inner join retentions on starts.retention_name = retentions.retention_name
    inner join periods on retentions.period = periods.period
    inner join first_seen on starts.person_key = first_seen.person_key
    cross join last_moment
    where
        starts.start_period_number + periods.last_awaited_period
        < {{ period_number('last_moment.last_date', 'retentions.period') }}
),

described as (
    {{ with_given_segments('outcomes', ref('int_person_segments'), given) }}
),

final as (
    select
        outcome_name,
        {{ properties | join(', ') }},
        {%- for name in given %}
        given_{{ name }} as {{ name }},
        {%- endfor %}
        person_key % 5 = 0 as is_held_out,
        count(*) as unit_count,
        count(*) filter (where is_success) as success_count
    from described
    group by outcome_name, {{ segment_columns(given) | join(', ') }}, person_key % 5 = 0
)

select * from final
