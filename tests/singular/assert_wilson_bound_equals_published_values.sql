{# Newcombe (1998), Statistics in Medicine 17, table I, method 3, at 95 %: 81 of 263, 15 of 148,
   0 of 20 and 1 of 29. #}
with

cases (successes, trials, expected_low, expected_high) as (
    values
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
    (0, 0, null, null)
)

select *
from cases
where
    round({{ wilson_bound('successes', 'trials', 'low') }}, 4)
    is distinct from cast(expected_low as double)
    or round({{ wilson_bound('successes', 'trials', 'high') }}, 4)
    is distinct from cast(expected_high as double)
