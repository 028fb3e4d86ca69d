{# What was known of each person on each day that changed it, where a metric does not wait for full
   windows: what they did until then, from a 0 on the day of the exposure on. Quantiles are left out,
   since they do not add up. #}
with

judged as (
    select judged.metric_name, judged.experiment_name, metrics.kind
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
    where not judged.needs_full_window and metrics.kind != 'quantile'
),

counted as (
    select counted.*, judged.kind
    from {{ ref('int_experiment_counted_values') }} as counted
    inner join judged on {{ same_keys('counted', 'judged', ['experiment_name', 'metric_name']) }}
),

persons as (
    select experiment_name, person_key, exposed_date from {{ ref('int_experiment_persons') }}
),

amounts as (
    select * from {{ ref('int_experiment_amounts') }}
),

{# Two rows on a day on which a person entered and did something. #}
changes as (
    select
        counted.experiment_name,
        counted.metric_name,
        counted.person_key,
        persons.exposed_date as known_date,
        cast(0 as decimal(38, 12)) as numerator,
        cast(0 as decimal(38, 12)) as denominator,
        true as is_finite
    from counted
    inner join persons
        on
            counted.experiment_name = persons.experiment_name
            and counted.person_key = persons.person_key
    union all
    select
        experiment_name, metric_name, person_key, known_date, numerator, denominator, is_finite
    from amounts
),

by_day as (
    select
        experiment_name,
        metric_name,
        person_key,
        known_date,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        bool_and(is_finite) as is_finite
    from changes
    group by 1, 2, 3, 4
),

running as (
    select
        experiment_name,
        metric_name,
        person_key,
        known_date,
        sum(numerator) over until_then as numerator,
        sum(denominator) over until_then as denominator,
        bool_and(is_finite) over until_then as is_finite,
        lead(known_date) over until_then as replaced_date
    from by_day
    window until_then as (
        partition by experiment_name, metric_name, person_key order by known_date
    )
),

final as (
    select
        -- keys
        counted.experiment_name,
        counted.metric_name,
        counted.person_key,
        -- attributes
        counted.variant,
        -- measures
        {{ metric_value('counted.kind', 'running.numerator') }} as y,
        {{ metric_divisor('counted.kind', 'running.denominator') }} as d,
        counted.x,
        counted.e,
        -- flags
        running.is_finite,
        counted.has_pre,
        -- local days
        running.known_date,
        running.replaced_date
    from running
    inner join counted
        on
            running.experiment_name = counted.experiment_name
            and running.metric_name = counted.metric_name
            and running.person_key = counted.person_key
)

select * from final
