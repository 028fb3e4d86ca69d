{# Up to when sales and billing are known: the last landing of each. Not the clock, so that a build
   of an old landing zone gives what it gave then. #}
with

landings as (
    select landed_at as crm_at, null as billing_at from {{ ref('stg_pipedrive__leads') }}
    union all
    select landed_at, null from {{ ref('stg_pipedrive__deals') }}
    union all
    select landed_at, null from {{ ref('stg_pipedrive__activities') }}
    union all
    select null, landed_at from {{ ref('stg_stripe__subscriptions') }}
    union all
    select null, landed_at from {{ ref('stg_stripe__invoices') }}
),

{# Without rows there is no last one, and no row. #}
final as (
    select
        max(crm_at) as crm_as_of_at,
        max(billing_at) as billing_as_of_at,
        max(coalesce(crm_at, billing_at)) as as_of_at
    from landings
    having count(*) > 0
)

select * from final
