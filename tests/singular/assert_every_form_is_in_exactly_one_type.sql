{# Each event of a human that says which form it is, is one submission of that form, and no
   submission is of an event that says another. #}
with

said as (
    select
        replace(cast(event_id as string), '-', '') as form_submission_id,
        form_type
    from {{ ref('int_events') }}
    where form_type is not null and not is_bot
),

submissions as (
    select form_submission_id, form_type from {{ ref('form_submissions') }}
)

select
    coalesce(said.form_submission_id, submissions.form_submission_id) as form_submission_id,
    said.form_type as said_type,
    submissions.form_type as found_type
from said
full join submissions on said.form_submission_id = submissions.form_submission_id
where
    (said.form_type is not null and submissions.form_type is null)
    or said.form_type != submissions.form_type
