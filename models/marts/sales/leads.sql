with

leads as (
    select * from {{ ref('int_leads') }}
),

form_leads as (
    select lead_id, form_submission_id, matched_by from {{ ref('int_form_leads') }}
),

activities as (
    select lead_id, is_done, created_at, done_at from {{ ref('stg_pipedrive__activities') }}
    where is_latest and not is_deleted and lead_id is not null
),

deals as (
    select lead_id, deal_id, created_at from {{ ref('int_deals') }}
    where lead_id is not null and not is_deleted
),

touched as (
    select
        lead_id,
        count(*) as activity_count,
        count(*) filter (where is_done) as done_activity_count,
        min(case when is_done then coalesce(done_at, created_at) end) as first_done_at
    from activities
    group by 1
),

first_deals as (
    select
        lead_id,
        deal_id,
        row_number() over (partition by lead_id order by created_at, deal_id) as deal_rank
    from deals
),

final as (
    select
        -- keys
        leads.lead_id,
        leads.person_id,
        leads.crm_person_id,
        leads.organization_id,
        leads.owner_id,
        form_leads.form_submission_id,
        first_deals.deal_id,
        -- attributes
        leads.lead_source,
        leads.source_group,
        leads.form_type,
        leads.lifecycle_stage,
        leads.trial_path,
        leads.sales_priority,
        form_leads.matched_by as form_matched_by,
        leads.currency,
        -- measures
        {{ major_units('leads.value_cents', 'leads.currency') }} as lead_value,
        leads.expected_activity_count,
        coalesce(touched.activity_count, 0) as activity_count,
        coalesce(touched.done_activity_count, 0) as done_activity_count,
        -- flags
        leads.source_group = 'Purchased List' as is_purchased,
        leads.is_archived,
        -- times, UTC, and local days
        leads.created_at,
        leads.created_date,
        leads.trial_started_date,
        touched.first_done_at as first_activity_done_at
    from leads
    left join form_leads on leads.lead_id = form_leads.lead_id
    left join touched on leads.lead_id = touched.lead_id
    left join first_deals on leads.lead_id = first_deals.lead_id and first_deals.deal_rank = 1
)

select * from final
