{# A deal as it is now. Where the CRM does not say which lead it came from (the v1 API), it is the
   last lead of the same contact before it. #}
with

deals as (
    select * from {{ ref('stg_pipedrive__deals') }}
    where is_latest
),

leads as (
    select lead_id, crm_person_id, created_at from {{ ref('int_leads') }}
),

contacts as (
    select person_id, email_hash from {{ ref('stg_pipedrive__persons') }}
    where is_latest
),

persons as (
    select identifier_value, person_id from {{ ref('int_person_identifiers') }}
    where identifier_type = 'crm_person'
),

earlier_leads as (
    select
        deals.deal_id,
        leads.lead_id,
        row_number() over (
            partition by deals.deal_id order by leads.created_at desc, leads.lead_id asc
        ) as lead_rank
    from deals
    inner join leads
        on deals.person_id = leads.crm_person_id and deals.created_at >= leads.created_at
    where deals.lead_id is null
),

final as (
    select
        -- keys
        deals.deal_id,
        coalesce(deals.lead_id, earlier_leads.lead_id) as lead_id,
        persons.person_id,
        deals.person_id as crm_person_id,
        deals.organization_id,
        deals.owner_id,
        deals.pipeline_id,
        deals.stage_id,
        contacts.email_hash,
        -- attributes
        deals.status,
        deals.lost_reason,
        deals.product_sku,
        deals.trial_path,
        deals.source_form_type,
        deals.currency,
        -- measures
        deals.value_cents,
        deals.win_rate,
        -- flags
        deals.is_archived,
        deals.is_deleted,
        -- times
        deals.expected_close_date,
        deals.created_at,
        case when deals.status = 'won' then coalesce(deals.won_at, deals.closed_at) end as won_at,
        case when deals.status = 'lost' then coalesce(deals.lost_at, deals.closed_at) end
            as lost_at,
        case when deals.status != 'open' then deals.closed_at end as closed_at
    from deals
    left join earlier_leads
        on deals.deal_id = earlier_leads.deal_id and earlier_leads.lead_rank = 1
    left join contacts on deals.person_id = contacts.person_id
    left join persons on deals.person_id = persons.identifier_value
)

select * from final
