{# The tolerance is var validation_z standard errors of the expected share or the observed mean; of
   chi square it is what that stays below as often, by the formula of Wilson and Hilferty. #}
{%- set z = var('validation_z') %}
with

targets as (
    select * from {{ ref('validation_targets') }}
),

observations as (
    select * from {{ ref('validation_observations') }}
),

{# Of the two bounds of a share the one that is nearer to a half allows for more. #}
bounds as (
    select
        targets.*,
        coalesce(observations.unit_count, 0) as unit_count,
        case
            when targets.kind = 'units' then observations.outside_count
            else observations.mean_value
        end as observed,
        case
            when targets.kind in ('units', 'distribution') then 0 else targets.expected_high
        end as highest,
        observations.standard_error,
        observations.degrees_of_freedom,
        coalesce(targets.expected_low, targets.expected_high) as share_low,
        coalesce(targets.expected_high, targets.expected_low) as share_high
    from targets
    left join observations
        on targets.check_id = observations.check_id and targets.subject = observations.subject
),

judged as (
    select
        *,
        case
            when kind = 'units' then 0
            when kind = 'share'
                then slack + {{ z }} * sqrt(
                        greatest(share_low * (1 - share_low), share_high * (1 - share_high))
                        / nullif(unit_count, 0)
                    )
            when kind = 'mean' then slack + {{ z }} * standard_error
            when kind = 'distribution'
                then coalesce(degrees_of_freedom * power(
                        1 - 2 / (9e0 * nullif(degrees_of_freedom, 0))
                        + {{ z }} * sqrt(2 / (9e0 * nullif(degrees_of_freedom, 0))),
                        3
                    ), 0)
        end as tolerance
    from bounds
),

final as (
    select
        -- keys
        check_id,
        subject,
        -- attributes
        check_name,
        kind,
        case
            when unit_count = 0 or observed is null or tolerance is null then 'no_data'
            when observed > highest + tolerance or observed < expected_low - tolerance then 'fail'
            else 'pass'
        end as verdict,
        -- measures
        unit_count,
        cast(observed as double) as observed,
        case when kind = 'units' then unit_low else expected_low end as expected_low,
        case when kind = 'units' then unit_high else expected_high end as expected_high,
        cast(tolerance as double) as tolerance
    from judged
)

select * from final
