{# From the landed versions of each deal: staging keeps them all, so the history can be made anew
   from the landing zone at any time. A dbt snapshot would hold what only its own runs saw. #}
with

versions as (
    select
        deal_id,
        pipeline_id,
        stage_id,
        status,
        created_at,
        coalesce(stage_changed_at, created_at) as stage_at,
        coalesce(updated_at, created_at, landed_at) as version_at,
        landed_at,
        file_name,
        row_number_in_file
    from {{ ref('stg_pipedrive__deals') }}
    where deal_id is not null and stage_id is not null
),

stages as (
    select stage_id, stage_name, stage_order from {{ ref('stg_pipedrive__stages') }}
    where is_latest
),

closes as (
    select deal_id, closed_at from {{ ref('int_deals') }}
),

ordered as (
    select
        *,
        lag(stage_id) over (
            partition by deal_id order by version_at, landed_at, file_name, row_number_in_file
        ) as previous_stage_id,
        lag(stage_at) over (
            partition by deal_id order by version_at, landed_at, file_name, row_number_in_file
        ) as previous_stage_at
    from versions
),

{# A later time of change in one stage means that it had left and come back between two exports. #}
visits as (
    select
        deal_id,
        pipeline_id,
        stage_id,
        previous_stage_id is null and stage_at <= created_at as is_seen_from_start,
        stage_at as entered_at,
        row_number() over (
            partition by deal_id order by version_at, landed_at, file_name, row_number_in_file
        ) as visit_number
    from ordered
    where
        previous_stage_id is null
        or stage_id != previous_stage_id
        or stage_at > previous_stage_at
),

bounded as (
    select
        *,
        lead(entered_at) over (partition by deal_id order by visit_number) as next_entered_at
    from visits
),

final as (
    select
        -- keys
        bounded.deal_id,
        cast(bounded.visit_number as integer) as visit_number,
        bounded.pipeline_id,
        bounded.stage_id,
        -- attributes
        stages.stage_name,
        stages.stage_order,
        -- measures
        {{ microseconds_between(
            'bounded.entered_at', 'coalesce(bounded.next_entered_at, closes.closed_at)'
        ) }} / 86400e6 as days_in_stage,
        -- flags
        bounded.next_entered_at is null as is_last,
        bounded.next_entered_at is null and closes.closed_at is null as is_current,
        bounded.visit_number > 1 or bounded.is_seen_from_start as is_entry_seen,
        -- times, UTC
        bounded.entered_at,
        coalesce(bounded.next_entered_at, closes.closed_at) as left_at
    from bounded
    inner join closes on bounded.deal_id = closes.deal_id
    left join stages on bounded.stage_id = stages.stage_id
)

select * from final
