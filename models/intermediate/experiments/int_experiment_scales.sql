{# What all variants have in common for a metric: the caps, the shift that values are taken from,
   and the unit in which they are whole numbers of up to 15 digits then. So products add up exactly,
   in any order and in any parts, without the digits that squares of large values lose. Longer than
   a screen: the caps. #}
{%- set keys = ['experiment_name', 'metric_name'] %}
with

judged as (
    select
        judged.*,
        {{ metric_divisor('metrics.kind', '0') }} as divisor
    from {{ ref('experiment_metrics') }} as judged
    inner join {{ ref('metrics') }} as metrics on judged.metric_name = metrics.metric_name
),

counted as (
    select * from {{ ref('int_experiment_counted_values') }}
    where is_mature
),

sizes as (
    select experiment_name, metric_name, sum(person_count) as person_count
    from {{ ref('int_experiment_sizes') }}
    group by 1, 2
),

doers as (
    select experiment_name, metric_name, count(*) as person_count
    from counted
    group by 1, 2
),

{# One row stands for all who did nothing. #}
known as (
    select
        experiment_name, metric_name, y, d, x, e, cast(1 as bigint) as person_count,
        false as is_idle
    from counted
    where is_finite
    union all
    select
        judged.experiment_name,
        judged.metric_name,
        0,
        judged.divisor as d,
        0,
        judged.divisor as e,
        cast(sizes.person_count - coalesce(doers.person_count, 0) as bigint),
        true
    from judged
    inner join sizes on {{ same_keys('judged', 'sizes', keys) }}
    left join doers on {{ same_keys('judged', 'doers', keys) }}
    where sizes.person_count > coalesce(doers.person_count, 0)
),

{# What was known on a day may lie further out than what is known now: a purchase paid back. #}
extremes as (
    select
        experiment_name,
        metric_name,
        {{ for_each(['y', 'd'], 'min({}) as least_{}, max({}) as most_{}') }}
    from {{ ref('int_experiment_running_values') }}
    where is_finite
    group by 1, 2
),

{# The time before is capped at the same share of its own values. #}
to_cap as (
    select experiment_name, metric_name, 'y' as measure, y as amount, person_count
    from known
    union all
    select experiment_name, metric_name, 'x', x, person_count
    from known
),

ranked as (
    select
        to_cap.experiment_name,
        to_cap.metric_name,
        to_cap.measure,
        to_cap.amount,
        to_cap.person_count,
        judged.cap_upper_quantile,
        judged.cap_lower_quantile,
        sum(to_cap.person_count) over (
            partition by to_cap.experiment_name, to_cap.metric_name, to_cap.measure
            order by to_cap.amount rows unbounded preceding
        ) as place,
        sum(to_cap.person_count) over (
            partition by to_cap.experiment_name, to_cap.metric_name, to_cap.measure
        ) - 1 as steps
    from to_cap
    inner join judged on {{ same_keys('to_cap', 'judged', keys) }}
    where
        coalesce(judged.cap_upper_quantile, judged.cap_lower_quantile) is not null
        and (not judged.cap_ignores_zeros or to_cap.amount != 0)
),

placed as (
    select
        *,
        steps * cap_upper_quantile + 1 as upper_place,
        steps * cap_lower_quantile + 1 as lower_place
    from ranked
),

quantiles as (
    select
        experiment_name,
        metric_name,
        {{ value_at_place(
            'amount', 'place', 'upper_place', "measure = 'y'", 'person_count'
        ) }} as y_upper,
        {{ value_at_place(
            'amount', 'place', 'lower_place', "measure = 'y'", 'person_count'
        ) }} as y_lower,
        {{ value_at_place(
            'amount', 'place', 'upper_place', "measure = 'x'", 'person_count'
        ) }} as x_upper,
        {{ value_at_place(
            'amount', 'place', 'lower_place', "measure = 'x'", 'person_count'
        ) }} as x_lower
    from placed
    group by 1, 2
),

caps as (
    select
        judged.experiment_name,
        judged.metric_name,
        quantiles.y_lower as cap_lower,
        coalesce(judged.cap_upper_value, quantiles.y_upper) as cap_upper,
        quantiles.x_lower as pre_cap_lower,
        coalesce(judged.cap_upper_value, quantiles.x_upper) as pre_cap_upper
    from judged
    left join quantiles on {{ same_keys('judged', 'quantiles', keys) }}
),

capped as (
    select
        caps.*,
        {{ capped('known.y', 'caps.cap_lower', 'caps.cap_upper') }} as y,
        {{ capped('known.x', 'caps.pre_cap_lower', 'caps.pre_cap_upper') }} as x,
        known.d,
        known.e,
        known.person_count,
        known.is_idle
    from caps
    left join known on {{ same_keys('caps', 'known', keys) }}
),

shifted as (
    select
        experiment_name,
        metric_name,
        cap_lower,
        cap_upper,
        pre_cap_lower,
        pre_cap_upper,
        coalesce(bool_or(is_idle), false) as has_idle,
        {{ for_each(
            ['y', 'd', 'x', 'e'],
            '(cast(sum(cast({} as decimal(38, 12))) as double) + sum({} * (person_count - 1)))'
            ~ ' / sum(person_count) as shift_{}'
        ) }},
        {{ for_each(['y', 'd', 'x', 'e'], 'min({}) as least_{}, max({}) as most_{}') }}
    from capped
    group by 1, 2, 3, 4, 5, 6
),

extended as (
    select
        shifted.*,
        least(
            shifted.least_y,
            {{ capped('extremes.least_y', 'shifted.cap_lower', 'shifted.cap_upper') }}
        ) as lowest_y,
        greatest(
            shifted.most_y,
            {{ capped('extremes.most_y', 'shifted.cap_lower', 'shifted.cap_upper') }}
        ) as highest_y,
        least(shifted.least_d, extremes.least_d) as lowest_d,
        greatest(shifted.most_d, extremes.most_d) as highest_d,
        {{ for_each(['x', 'e'], 'shifted.least_{} as lowest_{}, shifted.most_{} as highest_{}') }}
    from shifted
    left join extremes on {{ same_keys('shifted', 'extremes', keys) }}
),

measured as (
    select
        *,
        {{ for_each(
            ['y', 'd', 'x', 'e'],
            'coalesce(nullif(greatest(highest_{} - shift_{}, shift_{} - lowest_{}) / 1e14, 0), 1) '
            ~ 'as unit_{}'
        ) }}
    from extended
),

{# The shift is a whole number of steps, so that a 0 is one too, and a mean of nothing is 0. #}
final as (
    select
        -- keys
        experiment_name,
        metric_name,
        -- measures
        cap_lower,
        cap_upper,
        pre_cap_lower,
        pre_cap_upper,
        {{ for_each(
            ['y', 'd', 'x', 'e'],
            'case when most_{} = least_{} then most_{} else round(shift_{} / unit_{}) * unit_{} '
            ~ 'end as shift_{}, unit_{}'
        ) }},
        -- flags
        has_idle
    from measured
)

select * from final
