with

activities as (
    select * from {{ ref('stg_pipedrive__activities') }}
    where is_latest
),

leads as (
    select lead_id, lifecycle_stage, source_group, created_date from {{ ref('int_leads') }}
),

persons as (
    select identifier_value, person_id from {{ ref('int_person_identifiers') }}
    where identifier_type = 'crm_person'
),

final as (
    select
        -- keys
        activities.activity_id,
        activities.lead_id,
        activities.deal_id,
        persons.person_id,
        activities.person_id as crm_person_id,
        activities.owner_id,
        -- attributes
        activities.activity_type,
        leads.source_group,
        leads.lifecycle_stage,
        -- measures
        cast({{ dbt.datediff(
            'leads.created_date', 'activities.due_date', 'day'
        ) }} as integer) as due_after_days, -- noqa: LT05
        -- flags
        activities.is_done,
        activities.is_deleted,
        -- times, UTC
        activities.due_date,
        activities.created_at,
        activities.done_at
    from activities
    left join leads on activities.lead_id = leads.lead_id
    left join persons on activities.person_id = persons.identifier_value
)

select * from final
