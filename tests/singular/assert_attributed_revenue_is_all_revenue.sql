{# What each model hands out of a payment or refund is what was paid or given back, to the smallest
   unit, in its own currency and in the reporting currency; and so are the channels together. #}
{%- set reporting_currency = "'" ~ var('reporting_currency') ~ "'" %}
with

attributed as (
    select * from {{ ref('attributed_conversions') }}
    where conversion_kind = 'revenue'
),

models as (
    select distinct attribution_model from attributed
),

flows as (
    select
        models.attribution_model,
        conversions.conversion_id,
        {{ major_units('conversions.amount_cents', 'conversions.currency') }} as amount,
        coalesce({{ major_units('conversions.reporting_amount_cents', reporting_currency) }}, 0)
            as reporting_amount
    from {{ ref('int_conversions') }} as conversions
    cross join models
    where conversions.conversion_kind = 'revenue'
    union all
    select attribution_model, conversion_id, -amount, -coalesce(reporting_amount, 0)
    from attributed
),

channels as (
    select attribution_model, reporting_amount from attributed
    union all
    select attribution_model, -reporting_revenue from {{ ref('attribution_by_channel') }}
    where conversion_kind = 'revenue'
)

select
    attribution_model,
    conversion_id,
    sum(amount) as lost,
    sum(reporting_amount) as reporting_lost
from flows
group by 1, 2
having sum(amount) != 0 or sum(reporting_amount) != 0
union all
select attribution_model, 'channels', null, sum(reporting_amount)
from channels
group by 1
having sum(reporting_amount) != 0
