{# Only stages that a deal has left have a length; those it stands in are counted beside them, since
   the slowest are among them. #}
with

visits as (
    select * from {{ ref('deal_stage_history') }}
),

deals as (
    select deal_id, status, is_deleted from {{ ref('int_deals') }}
),

counted as (
    select
        visits.pipeline_id,
        visits.stage_id,
        visits.stage_name,
        visits.stage_order,
        count(*) as entered_count,
        count(visits.left_at) as left_count,
        count(*) filter (where visits.is_current) as current_count,
        count(*) filter (where visits.is_last and deals.status = 'won') as won_count,
        count(*) filter (where visits.is_last and deals.status = 'lost') as lost_count,
        avg(visits.days_in_stage) as days_in_stage_mean,
        {{ quantile('visits.days_in_stage', 0.5) }} as days_in_stage_p50,
        {{ quantile('visits.days_in_stage', 0.9) }} as days_in_stage_p90
    from visits
    inner join deals on visits.deal_id = deals.deal_id
    where not deals.is_deleted
    group by 1, 2, 3, 4
),

final as (
    select
        -- keys
        pipeline_id,
        stage_id,
        -- attributes
        stage_name,
        stage_order,
        -- measures
        entered_count,
        left_count,
        current_count,
        won_count,
        lost_count,
        days_in_stage_mean,
        days_in_stage_p50,
        days_in_stage_p90
    from counted
)

select * from final
