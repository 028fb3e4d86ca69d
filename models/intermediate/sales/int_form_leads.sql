{# Which lead each form became: that of the same person; else, in order of time, one of the same type
   and local day, then of the day after and the day before, since the CRM may keep another zone. A
   pair without the person says that there is a lead, not whose. #}
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
{%- for days in [0, 1, -1] %}
{%- set pairs = 'pairs_' ~ loop.index %}

forms_left_{{ loop.index }} as (
    select
        forms.*,
        row_number() over (
            partition by forms.form_type, forms.submitted_date
            order by forms.submitted_at, forms.form_submission_id
        ) as place
    from forms
    left join {{ ns.before }} as taken on forms.form_submission_id = taken.form_submission_id
    where taken.form_submission_id is null
),

leads_left_{{ loop.index }} as (
    select
        leads.*,
        row_number() over (
            partition by leads.form_type, leads.created_date
            order by leads.created_at, leads.lead_id
        ) as place
    from leads
    left join {{ ns.before }} as taken on leads.lead_id = taken.lead_id
    where taken.lead_id is null
),

{{ pairs }} as (
    select form_submission_id, lead_id, matched_by from {{ ns.before }}
    union all
    select forms_left.form_submission_id, leads_left.lead_id, 'day'
    from forms_left_{{ loop.index }} as forms_left
    inner join leads_left_{{ loop.index }} as leads_left
        on
            forms_left.form_type = leads_left.form_type
            and forms_left.submitted_date + {{ days }} = leads_left.created_date
            and forms_left.place = leads_left.place
),
{%- set ns.before = pairs %}
{%- endfor %}

final as (
    select form_submission_id, lead_id, matched_by
    from {{ ns.before }}
)

select * from final
