{# Which lead each form became. A form and a lead of one person and type, nearest to one another in
   time, are a pair. Few who send a form are known by name there, so what is left is paired by type
   and local day, in order of time: such a pair says that there is a lead, not whose. #}
with

forms as (
    select form_submission_id, form_type, person_id, submitted_at, submitted_date
    from {{ ref('int_form_submissions') }}
),

leads as (
    select lead_id, form_type, person_id, created_at, created_date
    from {{ ref('int_leads') }}
    where form_type is not null
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

by_person as (
    select form_submission_id, lead_id
    from ranked
    where lead_rank = 1 and form_rank = 1
),

other_forms as (
    select
        forms.*,
        row_number() over (
            partition by forms.form_type, forms.submitted_date
            order by forms.submitted_at, forms.form_submission_id
        ) as place
    from forms
    left join by_person on forms.form_submission_id = by_person.form_submission_id
    where by_person.form_submission_id is null
),

other_leads as (
    select
        leads.*,
        row_number() over (
            partition by leads.form_type, leads.created_date
            order by leads.created_at, leads.lead_id
        ) as place
    from leads
    left join by_person on leads.lead_id = by_person.lead_id
    where by_person.lead_id is null
),

final as (
    select form_submission_id, lead_id, 'person' as matched_by
    from by_person
    union all
    select other_forms.form_submission_id, other_leads.lead_id, 'day'
    from other_forms
    inner join other_leads
        on
            other_forms.form_type = other_leads.form_type
            and other_forms.submitted_date = other_leads.created_date
            and other_forms.place = other_leads.place
)

select * from final
