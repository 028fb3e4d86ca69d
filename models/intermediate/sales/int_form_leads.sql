{# Which lead each form became: that of the same person; else, in order of time, one of the same
   type and local day; else, since the CRM may keep another zone, of the same month. A pair without
   the person says that there is a lead, not whose. #}
with

of_persons as (
    select form_submission_id, lead_id, 'person' as matched_by
    from {{ ref('int_form_leads_of_persons') }}
),

forms as (
    select form_submission_id, form_type, submitted_at, submitted_date
    from {{ ref('int_form_submissions') }}
),

leads as (
    select lead_id, form_type, created_at, created_date
    from {{ ref('int_leads') }}
    where form_type is not null
),

{%- set ns = namespace(before='of_persons') %}
{%- for period in ['day', 'month'] %}

forms_left_for_{{ period }} as (
    select
        forms.form_submission_id,
        forms.form_type,
        date_trunc('{{ period }}', forms.submitted_date) as period_date,
        row_number() over (
            partition by forms.form_type, date_trunc('{{ period }}', forms.submitted_date)
            order by forms.submitted_at, forms.form_submission_id
        ) as place
    from forms
    left join {{ ns.before }} as taken on forms.form_submission_id = taken.form_submission_id
    where taken.form_submission_id is null
),

leads_left_for_{{ period }} as (
    select
        leads.lead_id,
        leads.form_type,
        date_trunc('{{ period }}', leads.created_date) as period_date,
        row_number() over (
            partition by leads.form_type, date_trunc('{{ period }}', leads.created_date)
            order by leads.created_at, leads.lead_id
        ) as place
    from leads
    left join {{ ns.before }} as taken on leads.lead_id = taken.lead_id
    where taken.lead_id is null
),

pairs_by_{{ period }} as (
    select form_submission_id, lead_id, matched_by from {{ ns.before }}
    union all
    select forms_left.form_submission_id, leads_left.lead_id, '{{ period }}'
    from forms_left_for_{{ period }} as forms_left
    inner join leads_left_for_{{ period }} as leads_left
        on
            forms_left.form_type = leads_left.form_type
            and forms_left.period_date = leads_left.period_date
            and forms_left.place = leads_left.place
),
{%- set ns.before = 'pairs_by_' ~ period %}
{%- endfor %}

final as (
    select form_submission_id, lead_id, matched_by
    from {{ ns.before }}
)

select * from final
