{# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10, at 95 %. #}
with

cases (
    successes, trials, other_successes, other_trials, expected_low, expected_high
) as (
    values
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
    (0, 0, 0, 10, null, null),
    (1, 2, 0, 0, null, null)
),

rates as (
    select
        *,
        successes / nullif(cast(trials as double), 0) as rate,
        {{ wilson_bound('successes', 'trials', 'low') }} as low,
        {{ wilson_bound('successes', 'trials', 'high') }} as high,
        other_successes / nullif(cast(other_trials as double), 0) as other_rate,
        {{ wilson_bound('other_successes', 'other_trials', 'low') }} as other_low,
        {{ wilson_bound('other_successes', 'other_trials', 'high') }} as other_high
    from cases
),

bounds as (
    select
        *,
        {{ newcombe_bound('rate', 'low', 'high', 'other_rate', 'other_low', 'other_high', 'low') }}
            as found_low,
        {{ newcombe_bound('rate', 'low', 'high', 'other_rate', 'other_low', 'other_high', 'high') }}
            as found_high
    from rates
)

select *
from bounds
where
    round(found_low, 4) is distinct from cast(expected_low as double)
    or round(found_high, 4) is distinct from cast(expected_high as double)
