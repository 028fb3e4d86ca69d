{# Where and how often planned events, and others of the same tools, came lately. An event that
   stays away is gone: once a day has fewer than a tenth of what was to be expected (judged from 20 on, so
   that chance leaves none) and no later day more; or, for what is rarer or has no expectation,
   after `tracking_days` or more in which 10 would have come at its mean rate. One that the plan calls
   intermittent is gone only if it never came. #}
with

plan as (
    select
        source_name,
        event_name,
        platform,
        min(owner) as owner,
        max(case when is_intermittent = 'true' then 1 else 0 end) = 1 as is_intermittent
    from {{ ref('tracking_plan') }}
    group by 1, 2, 3
),

volumes as (
    select volumes.*
    from {{ ref('int_event_volumes_by_day') }} as volumes
    where volumes.source_name in (select plan.source_name from plan)
),

sources as (
    select
        source_name,
        min(event_date) as source_first_date,
        max(event_date) as source_last_date
    from volumes
    group by 1
),

series as (
    select
        volumes.source_name,
        volumes.event_name,
        volumes.platform,
        sources.source_first_date,
        sources.source_last_date,
        min(volumes.event_date) as first_seen_date,
        max(case when volumes.event_count > 0 then volumes.event_date end) as last_seen_date,
        sum(volumes.event_count) as all_event_count,
        sum(
            case
                when volumes.event_date > sources.source_last_date - {{ var('tracking_days') }}
                    then volumes.event_count
                else 0
            end
        ) as event_count,
        max(
            case
                when
                    volumes.expected_count >= 20
                    and volumes.event_count < 0.1e0 * volumes.expected_count
                    then volumes.event_date
            end
        ) as gone_date
    from volumes
    inner join sources on volumes.source_name = sources.source_name
    group by 1, 2, 3, 4, 5
),

stayed_away as (
    select
        series.source_name,
        series.event_name,
        series.platform
    from series
    inner join volumes
        on
            series.source_name = volumes.source_name
            and series.event_name = volumes.event_name
            and series.platform = volumes.platform
            and series.gone_date <= volumes.event_date
    group by 1, 2, 3
    having
        max(volumes.event_count)
        < 0.1e0 * max(
            case when volumes.event_date = series.gone_date then volumes.expected_count end
        )
),

with_days as (
    select
        *,
        {{ dbt.datediff(
            'last_seen_date', 'source_last_date', 'day'
        ) }} as silent_day_count, -- noqa: LT05
        {{ dbt.datediff(
            'first_seen_date', 'last_seen_date', 'day'
        ) }} + 1 as seen_day_count -- noqa: LT05
    from series
),

with_silence as (
    select
        with_days.*,
        stayed_away.event_name is not null as has_stayed_away
    from with_days
    left join stayed_away
        on
            with_days.source_name = stayed_away.source_name
            and with_days.event_name = stayed_away.event_name
            and with_days.platform = stayed_away.platform
),

{# Without a platform in the plan, every one on which the event came; `any` if it never did. #}
planned as (
    select
        plan.source_name,
        plan.event_name,
        coalesce(with_silence.platform, plan.platform, 'any') as platform,
        min(plan.owner) as owner,
        max(case when plan.is_intermittent then 1 else 0 end) = 1 as is_intermittent
    from plan
    left join with_silence
        on
            plan.source_name = with_silence.source_name
            and plan.event_name = with_silence.event_name
            and coalesce(plan.platform, with_silence.platform) = with_silence.platform
    group by 1, 2, 3
),

final as (
    select
        -- keys
        coalesce(planned.source_name, with_silence.source_name) as source_name,
        coalesce(planned.event_name, with_silence.event_name) as event_name,
        coalesce(planned.platform, with_silence.platform) as platform,
        -- attributes
        planned.owner,
        -- measures
        cast(coalesce(with_silence.event_count, 0) as bigint) as event_count,
        -- flags
        planned.source_name is not null as is_planned,
        with_silence.source_name is null or (
            not coalesce(planned.is_intermittent, false)
            and (
                with_silence.has_stayed_away
                or (
                    with_silence.silent_day_count >= {{ var('tracking_days') }}
                    and with_silence.all_event_count * with_silence.silent_day_count
                    >= 10 * (with_silence.seen_day_count + with_silence.silent_day_count)
                )
            )
        ) as is_gone,
        -- times
        with_silence.source_first_date,
        with_silence.source_last_date,
        with_silence.first_seen_date,
        with_silence.last_seen_date
    from planned
    full join with_silence
        on
            planned.source_name = with_silence.source_name
            and planned.event_name = with_silence.event_name
            and planned.platform = with_silence.platform
)

select * from final
