{# What each person did that a metric counts, and when that is over; nothing is a 0. Amounts are
   added as decimals, so a sum does not depend on the order of events. A run restates the persons
   whose rows arrived. #}
-- depends_on: {{ ref('int_changed_persons') }}
{%- set exposed_us = microseconds_between("timestamp '1970-01-01 00:00:00'", 'units.exposed_at') %}
{%- set reach_us = metric_reach('asked', 'units') %}
{%- set sums = ['amount', 'pre_amount', 'before_amount'] %}
with

{{ experiment_event_ctes() }},

{# One number says all that is true of an event, as a sum of 1, 2, 4 and 8: four flags of each group
   would double what is held in memory. Who did nothing comes with a row of nothing. #}
added as (
    select
        experiment_number,
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
    union all
    select
        asked.experiment_number, asked.asked_number, true, units.person_key, null, null, null, 0
    from units
    inner join asked on units.experiment_number = asked.experiment_number
    where asked.is_numerator
),

measured as (
    select
        experiment_number,
        asked_number,
        is_numerator,
        person_key,
        {{ for_each(sums, 'coalesce(sum({}), 0) as {}') }},
        bit_or(facts) as facts
    from added
    group by 1, 2, 3, 4
),

numerators as (
    select * from measured
    where is_numerator
),

denominators as (
    select * from measured
    where not is_numerator
),

valued as (
    select
        asked.experiment_name,
        asked.metric_name,
        asked.kind,
        numerators.person_key,
        units.variant,
        {{ for_each(sums, 'numerators.{}') }},
        case when asked.kind = 'ratio' then coalesce(denominators.amount, 0) else 1 end as divisor,
        case when asked.kind = 'ratio' then coalesce(denominators.pre_amount, 0) else 1 end
            as pre_divisor,
        case when asked.kind = 'ratio' then coalesce(denominators.before_amount, 0) else 1 end
            as before_divisor,
        numerators.facts | coalesce(denominators.facts, 0) as facts,
        {{ timestamp_from_microseconds(exposed_us ~ ' + asked.window_us') }} as window_closed_at,
        {{ timestamp_from_microseconds(exposed_us ~ ' - ' ~ reach_us) }} as compared_from_at,
        {{ timestamp_from_microseconds(exposed_us ~ ' + ' ~ reach_us) }} as compared_until_at
    from numerators
    inner join asked on numerators.asked_number = asked.asked_number and asked.is_numerator
    inner join units
        on
            numerators.experiment_number = units.experiment_number
            and numerators.person_key = units.person_key
    left join denominators
        on
            numerators.asked_number = denominators.asked_number
            and numerators.person_key = denominators.person_key
),

final as (
    select
        -- keys
        experiment_name,
        metric_name,
        person_key,
        -- attributes
        variant,
        -- measures
        {{ metric_value('kind', 'amount') }} as y,
        cast(divisor as double) as d,
        {{ metric_value('kind', 'pre_amount') }} as x,
        cast(pre_divisor as double) as e,
        {{ metric_value('kind', 'before_amount') }} as before_y,
        cast(before_divisor as double) as before_d,
        -- flags
        (facts & 4) = 0 as is_finite,
        (facts & 8) = 0 as is_before_finite,
        (facts & 1) != 0 as has_pre,
        (facts & 2) != 0 as has_before,
        -- times, UTC
        window_closed_at,
        compared_from_at,
        compared_until_at
    from valued
    {%- if is_incremental() %}
    union all
    select distinct
        null, null, person_key, null, null, null, null, null, null, null, null, null, null, null,
        null, null, null
    from changed
    {%- endif %}
)

select * from final
