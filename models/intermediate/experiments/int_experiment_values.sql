{# What each person did that a metric counts; who did nothing has no row. Amounts are added as
   decimals, so a sum does not depend on the order of events. A run restates the persons whose rows
   arrived. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set sums = ['amount', 'pre_amount', 'before_amount'] %}
with

{{ experiment_event_ctes() }},

{# One number says all that is true of an event, as a sum of 1, 2, 4 and 8: four flags of each group
   would double what is held in memory. #}
added as (
    select
        asked_number,
        is_numerator,
        person_key,
        case when is_after then amount end as amount,
        case when is_pre then amount end as pre_amount,
        case when is_before then amount end as before_amount,
        case when is_pre then 1 else 0 end
        + case when is_before then 2 else 0 end
        + case when not is_finite and (is_after or is_pre) then 4 else 0 end
        + case when not is_finite and is_before then 8 else 0 end as facts
    from placed
    where is_after or is_pre or is_before
),

measured as (
    select
        asked_number,
        is_numerator,
        person_key,
        {{ for_each(sums, 'coalesce(sum({}), 0) as {}') }},
        bit_or(facts) as facts
    from added
    group by 1, 2, 3
),

numerators as (
    select * from measured
    where is_numerator
),

denominators as (
    select * from measured
    where not is_numerator
),

paired as (
    select
        coalesce(numerators.asked_number, denominators.asked_number) as asked_number,
        coalesce(numerators.person_key, denominators.person_key) as person_key,
        {{ for_each(
            sums, 'coalesce(numerators.{}, 0) as {}, coalesce(denominators.{}, 0) as {}_below'
        ) }},
        coalesce(numerators.facts, 0) | coalesce(denominators.facts, 0) as facts
    from numerators
    full join denominators
        on
            numerators.asked_number = denominators.asked_number
            and numerators.person_key = denominators.person_key
),

valued as (
    select
        asked.experiment_name,
        asked.metric_name,
        asked.kind,
        paired.*
    from paired
    inner join asked on paired.asked_number = asked.asked_number and asked.is_numerator
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        person_key,
        -- measures
        {{ metric_value('kind', 'amount') }} as y,
        {{ metric_divisor('kind', 'amount_below') }} as d,
        {{ metric_value('kind', 'pre_amount') }} as x,
        {{ metric_divisor('kind', 'pre_amount_below') }} as e,
        {{ metric_value('kind', 'before_amount') }} as before_y,
        {{ metric_divisor('kind', 'before_amount_below') }} as before_d,
        -- flags
        (facts & 4) = 0 as is_finite,
        (facts & 8) = 0 as is_before_finite,
        (facts & 1) != 0 as has_pre,
        (facts & 2) != 0 as has_before
    from valued
    {%- if is_incremental() %}
    union all
    select distinct
        null, null, person_key, null, null, null, null, null, null, null, null, null, null
    from changed
    {%- endif %}
)

select * from final
