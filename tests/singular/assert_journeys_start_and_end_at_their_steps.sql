{# start_step and end_step of the seed journeys are called as journey_steps calls the journey's
   steps; where a property or `*` makes the names, an event must have made it: look for a spelling
   mistake. #}
with

asked as (
    select journey_name, start_step as step_name from {{ ref('journeys') }}
    union all
    select journey_name, end_step from {{ ref('journeys') }}
),

rules as (
    select * from {{ ref('journey_steps') }}
    where is_step
)

select asked.*
from asked
where
    asked.step_name is not null
    and not exists (
        select 1 from rules
        where
            rules.journey_name = asked.journey_name
            and (
                rules.event_name = '*'
                or asked.step_name = coalesce(rules.step_name, rules.event_name)
                or (
                    rules.property is not null
                    and asked.step_name like coalesce(rules.step_name, rules.event_name) || ': %'
                )
            )
    )
