with

windows as (
    select * from {{ ref('int_impact_windows') }}
),

covariates as (
    select * from {{ ref('int_impact_covariates') }}
),

outcomes as (
    select * from {{ ref('int_impact_outcomes') }}
),

final as (
    select
        covariates.*,
        outcomes.is_converted as conversion,
        outcomes.is_upgraded as upgrade,
        outcomes.is_retained as retention,
        outcomes.revenue,
        outcomes.revenue_since_start,
        windows.is_mature
    from windows
    inner join covariates on windows.person_key = covariates.person_key
    inner join outcomes on windows.person_key = outcomes.person_key
)

select * from final
