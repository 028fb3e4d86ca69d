with

deals as (
    select * from {{ ref('int_deals') }}
),

stages as (
    select stage_id, stage_name, stage_order from {{ ref('stg_pipedrive__stages') }}
    where is_latest
),

final as (
    select
        -- keys
        deals.deal_id,
        deals.lead_id,
        deals.person_id,
        deals.crm_person_id,
        deals.organization_id,
        deals.owner_id,
        deals.pipeline_id,
        deals.stage_id,
        -- attributes
        deals.status,
        stages.stage_name,
        deals.lost_reason,
        deals.product_sku,
        deals.trial_path,
        deals.source_form_type,
        deals.currency,
        -- measures
        {{ major_units('deals.value_cents', 'deals.currency') }} as deal_value,
        deals.win_rate,
        {{ microseconds_between('deals.created_at', 'deals.closed_at') }} / 86400e6
            as days_to_close,
        -- flags
        deals.is_archived,
        deals.is_deleted,
        -- times, UTC, and local days
        deals.expected_close_date,
        deals.created_at,
        {{ local_date('deals.created_at') }} as created_date,
        deals.won_at,
        deals.lost_at,
        deals.closed_at
    from deals
    left join stages on deals.stage_id = stages.stage_id
)

select * from final
