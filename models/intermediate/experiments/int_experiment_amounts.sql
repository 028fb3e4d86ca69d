{# What a metric that does not wait for full windows counts of each person on each day. Amounts are
   added as decimals, so a sum does not depend on the order of events. A run restates the persons
   whose rows arrived. #}
-- depends_on: {{ ref('int_changed_persons') }}
with

{{ experiment_event_ctes('not judged.needs_full_window') }},

measured as (
    select
        asked_number,
        person_key,
        known_date,
        sum(amount) filter (where is_numerator and is_after) as numerator,
        sum(amount) filter (where not is_numerator and is_after) as denominator,
        bool_and(is_finite) as is_finite
    from placed
    where is_after or is_pre
    group by 1, 2, 3
),

final as (
    select
        -- keys
        asked.experiment_name,
        asked.metric_name,
        measured.person_key,
        measured.known_date,
        -- measures
        cast(coalesce(measured.numerator, 0) as decimal(38, 12)) as numerator,
        cast(coalesce(measured.denominator, 0) as decimal(38, 12)) as denominator,
        -- flags
        measured.is_finite
    from measured
    inner join asked on measured.asked_number = asked.asked_number and asked.is_numerator
    {%- if is_incremental() %}
    union all
    select distinct null, null, person_key, null, 0, 0, null
    from changed
    {%- endif %}
)

select * from final
