with

form_submissions as (
    select * from {{ ref('int_form_submissions') }}
),

form_leads as (
    select * from {{ ref('int_form_leads') }}
),

final as (
    select
        -- keys
        form_submissions.form_submission_id,
        form_submissions.person_id,
        form_submissions.source_name,
        form_leads.lead_id,
        -- attributes
        form_submissions.form_type,
        form_submissions.event_name,
        form_submissions.lifecycle_stage,
        form_submissions.sales_priority,
        form_submissions.platform,
        form_submissions.country,
        form_leads.matched_by as lead_matched_by,
        -- times, UTC, and the local day
        form_submissions.submitted_at,
        form_submissions.submitted_date
    from form_submissions
    left join form_leads
        on form_submissions.form_submission_id = form_leads.form_submission_id
)

select * from final
