{# Forms and leads of one person and type that are nearest to one another in time. Few who send a
   form are known by name there: int_form_leads pairs the others. #}
with

forms as (
    select form_submission_id, form_type, person_id, submitted_at, submitted_date
    from {{ ref('int_form_submissions') }}
),

leads as (
    select lead_id, form_type, person_id, created_at, created_date
    from {{ ref('int_leads') }}
),

of_one_person as (
    select
        forms.form_submission_id,
        leads.lead_id,
        abs({{ microseconds_between('forms.submitted_at', 'leads.created_at') }}) as distance,
        {{ dbt.datediff('forms.submitted_date', 'leads.created_date', 'day') }}
            as days_after -- noqa: LT05
    from forms
    inner join leads on forms.person_id = leads.person_id and forms.form_type = leads.form_type
),

ranked as (
    select
        *,
        row_number() over (
            partition by form_submission_id order by distance, lead_id
        ) as lead_rank,
        row_number() over (
            partition by lead_id order by distance, form_submission_id
        ) as form_rank
    from of_one_person
    where days_after between -1 and {{ var('sales_window_days') }}
),

final as (
    select form_submission_id, lead_id
    from ranked
    where lead_rank = 1 and form_rank = 1
)

select * from final
