{# Rates count mature entries alone. A step is compared with the required step before it. Values of
   a segment with few entries are added up as `other`, so the parts still make the whole. #}
{%- set given = given_segments(ref('segments'), ref('segment_rules')) %}
with

steps as (
    select * from {{ ref('int_funnel_step_bounds') }}
),

segments as (
    {{ segment_readings(ref('segments')) }}
),

entries as (
    select
        funnel_name,
        cast(person_id as bigint) as person_key,
        entry_event_id,
        {{ segment_properties() | join(', ') }},
        entered_at as segment_at,
        is_mature
    from {{ ref('funnel_entries') }}
    where is_counted
),

steps_reached as (
    select
        funnel_name,
        replace(cast(entry_event_id as string), '-', '') as entry_event_id,
        step_number,
        microseconds_since_previous
    from {{ ref('int_funnel_steps_reached') }}
),

described as (
    {{ with_given_segments('entries', ref('int_person_segments'), given) }}
),

entries_by_segment as (
    {{ by_segment('described', given) }}
),

sizes as (
    select
        funnel_name,
        segment_name,
        segment_value,
        case
            when segment_name != 'all' and count(*) < {{ var('segment_smallest_count') }}
                then 'other'
            else segment_value
        end as shown_value
    from entries_by_segment
    group by 1, 2, 3
),

{# Of the whole even if nobody entered. The number stands for the names where people are counted:
   to tell 20 million apart by four texts each would take 4 GB. #}
named_groups as (
    select funnel_name, segment_name, shown_value as segment_value from sizes
    union
    select funnel_name, 'all', 'all' from steps
),

groups as (
    select
        *,
        row_number() over (order by funnel_name, segment_name, segment_value) as group_number
    from named_groups
),

reached as (
    select
        described.*,
        steps_reached.step_number,
        steps_reached.microseconds_since_previous
    from described
    inner join steps_reached
        on
            described.funnel_name = steps_reached.funnel_name
            and described.entry_event_id = steps_reached.entry_event_id
),

reached_by_segment as (
    {{ by_segment('reached', given) }}
),

counted as (
    select
        groups.group_number,
        reached_by_segment.step_number,
        count(*) filter (where reached_by_segment.is_mature) as reached_count,
        count(*) filter (where not reached_by_segment.is_mature) as immature_count,
        count(
            distinct case when reached_by_segment.is_mature then reached_by_segment.person_key end
        ) as person_count,
        -- of whole numbers, since engines round between fractions in different ways
        {{ quantile(
            'case when reached_by_segment.is_mature '
            ~ 'then reached_by_segment.microseconds_since_previous end', 0.5
        ) }} as microseconds_p50,
        {{ quantile(
            'case when reached_by_segment.is_mature '
            ~ 'then reached_by_segment.microseconds_since_previous end', 0.9
        ) }} as microseconds_p90
    from reached_by_segment
    inner join sizes
        on
            reached_by_segment.funnel_name = sizes.funnel_name
            and reached_by_segment.segment_name = sizes.segment_name
            and reached_by_segment.segment_value = sizes.segment_value
    inner join groups
        on
            sizes.funnel_name = groups.funnel_name
            and sizes.segment_name = groups.segment_name
            and sizes.shown_value = groups.segment_value
    group by 1, 2
),

{# Every step of every group, reached or not. #}
filled as (
    select
        groups.funnel_name,
        groups.segment_name,
        groups.segment_value,
        steps.step_number,
        steps.step_name,
        steps.previous_required,
        steps.is_optional,
        coalesce(counted.reached_count, 0) as reached_count,
        coalesce(counted.immature_count, 0) as immature_count,
        coalesce(counted.person_count, 0) as person_count,
        round(counted.microseconds_p50) / 1000000 as seconds_from_previous_p50,
        round(counted.microseconds_p90) / 1000000 as seconds_from_previous_p90
    from groups
    inner join steps on groups.funnel_name = steps.funnel_name
    left join counted
        on
            groups.group_number = counted.group_number
            and steps.step_number = counted.step_number
),

final as (
    select
        -- keys
        reached.funnel_name,
        reached.segment_name,
        reached.segment_value,
        reached.step_number,
        -- attributes
        reached.step_name,
        -- measures
        started.reached_count as entry_count,
        reached.reached_count,
        reached.person_count,
        reached.immature_count,
        reached.reached_count / nullif(cast(started.reached_count as double), 0) as conversion_rate,
        {{ wilson_bound('reached.reached_count', 'started.reached_count', 'low') }}
            as conversion_rate_low,
        {{ wilson_bound('reached.reached_count', 'started.reached_count', 'high') }}
            as conversion_rate_high,
        reached.reached_count / nullif(cast(previous.reached_count as double), 0)
            as step_conversion_rate,
        1 - reached.reached_count / nullif(cast(previous.reached_count as double), 0)
            as drop_off_rate,
        reached.seconds_from_previous_p50,
        reached.seconds_from_previous_p90,
        -- flags
        reached.is_optional
    from filled as reached
    inner join filled as started
        on
            reached.funnel_name = started.funnel_name
            and reached.segment_name = started.segment_name
            and reached.segment_value = started.segment_value
            and started.step_number = 1
    left join filled as previous
        on
            reached.funnel_name = previous.funnel_name
            and reached.segment_name = previous.segment_name
            and reached.segment_value = previous.segment_value
            and reached.previous_required = previous.step_number
)

select * from final
