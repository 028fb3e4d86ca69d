{# Every conversion is in every model, and its credits add up to 1: not nearly, exactly. #}
with

models as (
    select distinct attribution_model from {{ ref('attributed_conversions') }}
),

flows as (
    select
        models.attribution_model,
        conversions.conversion_kind,
        conversions.conversion_id,
        1 as credit
    from {{ ref('int_conversions') }} as conversions
    cross join models
    union all
    select attribution_model, conversion_kind, conversion_id, -credit
    from {{ ref('attributed_conversions') }}
)

select attribution_model, conversion_kind, conversion_id, sum(credit) as credit_lost
from flows
group by 1, 2, 3
having sum(credit) != 0
