{# A lead with the form it came from, or a form that no lead was made of, and what followed within
   sales_window_days. A lead whose form the CRM names had a form, seen on the site or not. Longer
   than a screen for its inputs. #}
{%- set window = var('sales_window_days') %}
with

forms as (
    select form_submission_id, form_type, submitted_date from {{ ref('int_form_submissions') }}
),

form_leads as (
    select * from {{ ref('int_form_leads') }}
),

leads as (
    select lead_id, form_type, created_date from {{ ref('int_leads') }}
),

activities as (
    select lead_id, min({{ local_date('coalesce(done_at, created_at)') }}) as first_date
    from {{ ref('stg_pipedrive__activities') }}
    where is_latest and is_done and not is_deleted and lead_id is not null
    group by 1
),

deals as (
    select lead_id, min({{ local_date('created_at') }}) as first_date
    from {{ ref('int_deals') }}
    where lead_id is not null and not is_deleted
    group by 1
),

subscription_leads as (
    select subscription_id, lead_id from {{ ref('int_subscription_leads') }}
    where lead_id is not null
),

subscriptions as (
    select
        subscription_leads.lead_id,
        min({{ local_date('starts.first_paid_at') }}) as first_date
    from subscription_leads
    inner join {{ ref('int_subscription_starts') }} as starts
        on subscription_leads.subscription_id = starts.subscription_id
    where starts.first_paid_at is not null
    group by 1
),

as_of as (
    select {{ local_date('as_of_at') }} as as_of_date from {{ ref('int_sales_as_of') }}
),

entries as (
    select
        leads.lead_id,
        form_leads.form_submission_id,
        coalesce(leads.form_type, 'no_form') as origin,
        leads.created_date as entry_date
    from leads
    left join form_leads on leads.lead_id = form_leads.lead_id
    union all
    select null, forms.form_submission_id, forms.form_type, forms.submitted_date
    from forms
    left join form_leads on forms.form_submission_id = form_leads.form_submission_id
    where form_leads.form_submission_id is null
),

followed as (
    select
        entries.*,
        entries.origin != 'no_form' as has_form,
        coalesce(activities.first_date <= entries.entry_date + {{ window }}, false)
            as has_activity,
        coalesce(deals.first_date <= entries.entry_date + {{ window }}, false) as has_deal,
        coalesce(subscriptions.first_date <= entries.entry_date + {{ window }}, false)
            as has_subscription
    from entries
    left join activities on entries.lead_id = activities.lead_id
    left join deals on entries.lead_id = deals.lead_id
    left join subscriptions on entries.lead_id = subscriptions.lead_id
),

final as (
    select
        -- keys
        coalesce(followed.lead_id, followed.form_submission_id) as entry_id,
        followed.lead_id,
        followed.form_submission_id,
        -- attributes
        followed.origin,
        -- measures
        case
            when followed.has_subscription then 5
            when followed.has_deal then 4
            when followed.has_activity then 3
            when followed.lead_id is not null then 2
            else 1
        end as furthest_step,
        -- flags
        followed.has_form,
        followed.has_activity,
        followed.has_deal,
        followed.has_subscription,
        coalesce(followed.entry_date + {{ window }} < as_of.as_of_date, false) as is_mature,
        -- times
        followed.entry_date
    from followed
    left join as_of on true
)

select * from final
