{# Every journey is on one path, shares add up to 1, what comes to a step exits or goes on, and each
   segment adds up to the whole.
   *_count are those that can change no more. #}
with

last_moment as (
    select max(ended_at) as last_moment from {{ ref('int_session_spans') }}
),

journeys as (
    select
        steps.journey_name,
        count(*) filter (where steps.closes_at <= last_moment.last_moment) as journey_count,
        count(*) filter (where steps.closes_at > last_moment.last_moment) as immature_count,
        count(*) filter (where steps.is_converted and steps.closes_at <= last_moment.last_moment)
            as converted_count
    from {{ ref('int_journey_steps') }} as steps
    cross join last_moment
    where steps.is_first
    group by 1
),

paths as (
    select
        journey_name,
        sum(journey_count) as journey_count,
        sum(immature_count) as immature_count,
        sum(converted_count) as converted_count,
        sum(journey_share) as journey_share
    from {{ ref('journey_paths') }}
    group by 1
),

lost_journeys as (
    select 'paths' as what, journeys.journey_name
    from journeys
    left join paths on journeys.journey_name = paths.journey_name
    where
        paths.journey_name is null
        or (paths.journey_count, paths.immature_count, paths.converted_count)
        != (journeys.journey_count, journeys.immature_count, journeys.converted_count)
        or (journeys.journey_count > 0 and abs(paths.journey_share - 1) > 1e-6)
),

flows as (
    select journey_name, step_number, step_name, visit_count - exit_count as count_on
    from {{ ref('journey_exits') }}
    where not is_total
    union all
    select journey_name, step_number, from_step, -transition_count
    from {{ ref('journey_transitions') }}
),

lost_visits as (
    select journey_name, step_number, step_name
    from flows
    group by 1, 2, 3
    having sum(count_on) != 0
),

totals as (
    select journey_name, step_name, case when is_total then -1 else 1 end * visit_count as visits
    from {{ ref('journey_exits') }}
),

lost_totals as (
    select journey_name, step_name
    from totals
    group by 1, 2
    having sum(visits) != 0
),

by_segment as (
    select journey_name, segment_name, sum(journey_count) as journey_count
    from {{ ref('journey_paths_by_segment') }}
    group by 1, 2
),

lost_paths as (
    select journeys.journey_name, by_segment.segment_name
    from journeys
    left join by_segment on journeys.journey_name = by_segment.journey_name
    where
        journeys.journey_count > 0
        and journeys.journey_count != coalesce(by_segment.journey_count, 0)
),

segment_flows as (
    select
        journey_name,
        segment_name,
        step_number,
        from_step,
        to_step,
        sum(transition_count) as transition_count
    from {{ ref('journey_transitions_by_segment') }}
    where to_step != '(exit)'
    group by 1, 2, 3, 4, 5
),

segment_names as (
    select distinct segment_name from segment_flows
),

whole_flows as (
    select transitions.*, segment_names.segment_name
    from {{ ref('journey_transitions') }} as transitions
    cross join segment_names
),

lost_flows as (
    select coalesce(whole.journey_name, part.journey_name) as journey_name
    from whole_flows as whole
    full join segment_flows as part
        on
            whole.journey_name = part.journey_name
            and whole.segment_name = part.segment_name
            and whole.step_number = part.step_number
            and whole.from_step = part.from_step
            and whole.to_step = part.to_step
    where coalesce(whole.transition_count, 0) != coalesce(part.transition_count, 0)
)

select * from lost_journeys
union all
select 'visits', journey_name from lost_visits
union all
select 'totals', journey_name from lost_totals
union all
select 'paths by segment', journey_name from lost_paths
union all
select 'transitions by segment', journey_name from lost_flows
