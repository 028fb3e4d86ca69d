{# A lead as it is now, with who it is and the form that made it: by the CRM's own field, else by
   what the source is known for. #}
with

leads as (
    select * from {{ ref('stg_pipedrive__leads') }}
    where is_latest
),

contacts as (
    select person_id, email_hash from {{ ref('stg_pipedrive__persons') }}
    where is_latest
),

persons as (
    select identifier_value, person_id from {{ ref('int_person_identifiers') }}
    where identifier_type = 'crm_person'
),

lead_sources as (
    select lower(lead_source) as lead_source, source_group, form_type
    from {{ ref('lead_sources') }}
),

final as (
    select
        -- keys
        leads.lead_id,
        persons.person_id,
        leads.person_id as crm_person_id,
        leads.organization_id,
        leads.owner_id,
        contacts.email_hash,
        -- attributes
        leads.lead_source,
        coalesce(lead_sources.source_group, 'Other') as source_group,
        coalesce(leads.form_type, lead_sources.form_type) as form_type,
        leads.lifecycle_stage,
        leads.trial_path,
        leads.sales_priority,
        leads.currency,
        -- measures
        leads.value_cents,
        leads.expected_activity_count,
        -- flags
        leads.is_archived,
        -- times
        leads.trial_started_date,
        leads.created_at,
        {{ local_date('leads.created_at') }} as created_date
    from leads
    left join contacts on leads.person_id = contacts.person_id
    left join persons on leads.person_id = persons.identifier_value
    left join lead_sources on lower(leads.lead_source) = lead_sources.lead_source
)

select * from final
