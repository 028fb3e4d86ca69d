"""Adjusted differences find what was planted, and say when they cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headwater.statistics.causal import (
    Booleans,
    Floats,
    Limits,
    compare,
    effective_size,
    imbalances,
    influence,
    predict_out_of_fold,
    raw_difference,
    standardised,
)

LIMITS = Limits(
    fewest_units=30,
    fewest_outcomes=10,
    least_propensity=0.05,
    largest_imbalance=0.25,
    quantile=1.959963984540054,
)


def chance(score: Floats) -> Floats:
    return 1 / (1 + np.exp(-score))


def confounded(
    seed: int, effect: float, units: int = 600, *, binary: bool = True
) -> tuple[Floats, Booleans, Floats]:
    """Who is keen takes the treatment more often, and does better with or without it."""
    draw = np.random.default_rng(seed)
    covariates = draw.normal(size=(units, 3))
    treated = draw.random(units) < chance(covariates[:, 0] - 0.5 * covariates[:, 1] - 0.4)
    level = 0.4 + 0.2 * np.tanh(covariates[:, 0]) + effect * treated
    if binary:
        return covariates, treated, (draw.random(units) < level).astype(np.float64)
    return covariates, treated, 50 * level + draw.normal(size=units) * 5


def found(seed: int, effect: float, *, binary: bool = True):
    covariates, treated, outcome = confounded(seed, effect, binary=binary)
    return compare(covariates, treated, outcome, LIMITS, np.random.default_rng(seed))


@pytest.mark.parametrize(("effect", "binary"), [(0.15, True), (0.0, False)])
def test_intervals_cover_the_truth_as_often_as_they_say(effect: float, binary: bool) -> None:
    """Of 60 intervals 57 should; fewer than 51 happen once in 500. The raw ones hardly do."""
    truth = effect if binary else 50 * effect
    effects = [found(seed, effect, binary=binary) for seed in range(60)]
    covered = [e.adjusted.low <= truth <= e.adjusted.high for e in effects]
    assert sum(covered) >= 51
    assert sum(e.raw.low <= truth <= e.raw.high for e in effects) < 40
    values = np.array([e.adjusted.value for e in effects])
    assert abs(values.mean() - truth) < 4 * values.std() / np.sqrt(60)
    told = np.mean([e.adjusted.high - e.adjusted.low for e in effects]) / 2 / LIMITS.quantile
    assert told == pytest.approx(values.std(), rel=0.3)


def test_one_right_model_of_the_two_is_enough() -> None:
    """A quarter of the young and three quarters of the old are treated; the truth is 1."""
    draw = np.random.default_rng(5)
    old = draw.random(200_000) < 0.5
    right = np.where(old, 0.75, 0.25)
    treated = draw.random(len(old)) < right
    outcome = treated + 2.0 * old
    wrong, nothing = np.full(len(old), 0.5), np.zeros(len(old))
    by_propensity = influence(treated, outcome, right, nothing, nothing)
    by_outcome = influence(treated, outcome, wrong, 1 + 2.0 * old, 2.0 * old)
    by_neither = influence(treated, outcome, wrong, nothing, nothing)
    assert by_propensity.mean() == pytest.approx(1, abs=0.03)
    assert by_outcome.mean() == pytest.approx(1, abs=1e-12)
    assert by_neither.mean() == pytest.approx(2, abs=0.03)


def test_influence_worked_by_hand() -> None:
    """First: 6 - 4 + (10 - 6) / 0.5 = 10. Second: 3 - 1 - (2 - 1) / (1 - 0.2) = 0.75."""
    parts = influence(
        np.array([True, False]),
        np.array([10.0, 2.0]),
        np.array([0.5, 0.2]),
        np.array([6.0, 3.0]),
        np.array([4.0, 1.0]),
    )
    assert parts.tolist() == [10.0, 0.75]


def test_where_the_models_know_nothing_it_is_the_difference_of_means() -> None:
    """Without covariates and with equal folds: ten treated with mean 3, ten others with mean 1."""
    treated = np.arange(20) < 10
    outcome = np.where(treated, 3.0, 1.0) + np.tile([-0.5, 0.5], 10)
    limits = replace(LIMITS, fewest_units=2, fewest_outcomes=1)
    effect = compare(np.empty((20, 0)), treated, outcome, limits, np.random.default_rng(1))
    assert effect.adjusted.value == pytest.approx(2.0)
    assert effect.raw.value == pytest.approx(2.0)
    assert effect.overlap.imbalance_before == effect.overlap.imbalance_after == 0.0
    assert effect.overlap.effective_treated == pytest.approx(10.0)


def test_raw_difference_worked_by_hand() -> None:
    """Means 2 and 5, variances 2 and 8 of two each: the error is sqrt(1 + 4)."""
    raw = raw_difference(np.array([1, 1, 0, 0]) > 0, np.array([1.0, 3.0, 3.0, 7.0]), 2.0)
    assert raw.value == -3
    assert (raw.low, raw.high) == (-3 - 2 * 5**0.5, -3 + 2 * 5**0.5)
    assert raw_difference(np.array([True, False, False]), np.arange(3.0), 2.0) is None


def test_swapping_the_sides_flips_the_sign() -> None:
    covariates, treated, outcome = confounded(3, 0.15)
    there = compare(covariates, treated, outcome, LIMITS, np.random.default_rng(1))
    back = compare(covariates, ~treated, outcome, LIMITS, np.random.default_rng(1))
    assert back.raw.value == pytest.approx(-there.raw.value)
    assert back.adjusted.value == pytest.approx(-there.adjusted.value, abs=0.01)


def test_it_depends_on_nothing_but_its_arguments() -> None:
    assert found(4, 0.1) == found(4, 0.1)


def test_units_of_the_outcome_scale_the_effect() -> None:
    """In cents it is a hundred times what it is in dollars, and shifted it is the same."""
    covariates, treated, outcome = confounded(3, 0.1, binary=False)
    ours, cents, shifted = (
        compare(covariates, treated, values, LIMITS, np.random.default_rng(1)).adjusted
        for values in (outcome, 100 * outcome, outcome + 7)
    )
    assert (cents.value, cents.high) == pytest.approx((100 * ours.value, 100 * ours.high))
    assert (shifted.value, shifted.low) == pytest.approx((ours.value, ours.low))


def test_imbalance_worked_by_hand() -> None:
    """Means 1 and 3, all of them 1, 1, 3, 3: spread 1. Weights 3 and 1 make the others' mean 2."""
    covariates = np.array([[1.0, 4.0], [1.0, 4.0], [1.0, 4.0], [5.0, 4.0]])
    treated = np.array([True, True, False, False])
    assert imbalances(covariates, treated, np.ones(4))[0] == pytest.approx(-2 / 3**0.5)
    weight = np.array([1.0, 1.0, 3.0, 1.0])
    assert imbalances(covariates, treated, weight).tolist() == pytest.approx([-1 / 3**0.5, 0.0])


def test_effective_size_worked_by_hand() -> None:
    """(1 + 1 + 2)² / (1 + 1 + 4) = 16 / 6."""
    assert effective_size(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7)


def test_columns_that_do_not_vary_are_dropped() -> None:
    columns = standardised(np.array([[1.0, 5.0], [3.0, 5.0]]))
    assert columns.tolist() == [[-1.0], [1.0]]


def test_an_outcome_that_does_not_vary_predicts_itself() -> None:
    """Of the treated all convert, so their logistic regression would have but one class."""
    covariates, treated, _ = confounded(1, 0.0, units=200)
    fold = np.arange(200) % 5
    predicted = predict_out_of_fold(
        covariates, treated.astype(float), [fold, fold[::-1]], within=treated
    )
    assert predicted.tolist() == [1.0] * 200


@pytest.mark.parametrize(
    ("chosen", "values", "reason", "has_raw"),
    [
        (1, 0, "too_few_treated", False),
        (29, 0, "too_few_treated", True),
        (771, 0, "too_few_untreated", True),
        (400, 9, "too_few_outcomes", True),
        (400, 791, "too_few_outcomes", True),
        (100, 10, None, True),
    ],
)
def test_too_few_are_told_and_not_guessed(
    chosen: int, values: int, reason: str | None, has_raw: bool
) -> None:
    draw = np.random.default_rng(1)
    treated = draw.permutation(np.arange(800) < chosen)
    outcome = draw.permutation(np.arange(800) < values).astype(float)
    effect = compare(draw.normal(size=(800, 2)), treated, outcome, LIMITS, draw)
    assert (effect.reason, effect.raw is not None) == (reason, has_raw)
    assert (effect.adjusted is None) == (reason is not None)


def test_nobody_comparable_is_no_overlap() -> None:
    """Whoever has the covariate adopts, and nobody else."""
    draw = np.random.default_rng(1)
    treated = np.arange(800) < 400
    covariates = np.where(treated, 40.0, -40.0)[:, None] + draw.normal(size=(800, 1))
    outcome = (draw.random(800) < 0.5).astype(float)
    effect = compare(covariates, treated, outcome, LIMITS, draw)
    assert (effect.reason, effect.adjusted, effect.overlap) == ("no_overlap", None, None)


def test_what_weighting_cannot_balance_is_not_adjusted() -> None:
    covariates, treated, outcome = confounded(6, 0.0)
    strict = replace(LIMITS, largest_imbalance=0.0)
    effect = compare(covariates, treated, outcome, strict, np.random.default_rng(0))
    assert (effect.reason, effect.adjusted) == ("imbalanced", None)
    assert effect.overlap.imbalance_after > 0


def test_those_without_a_counterpart_are_trimmed_and_counted() -> None:
    """Half are certain to adopt; the effect is that among the other half."""
    draw = np.random.default_rng(2)
    certain = np.arange(4_000) < 2_000
    treated = certain | (draw.random(4_000) < 0.5)
    outcome = 1.0 * treated + 9.0 * certain + draw.normal(size=4_000) * 0.1
    effect = compare(certain[:, None] * 9.0, treated, outcome, LIMITS, draw)
    assert effect.overlap.trimmed_count == 2_000
    assert effect.adjusted.value == pytest.approx(1.0, abs=0.02)
    assert effect.raw.value > 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fewest_units": 1}, "fewest_units must be at least 2, got 1"),
        ({"least_propensity": 0.5}, r"least_propensity must be in \[0, 0.5\), got 0.5"),
        ({"least_propensity": -0.1}, r"least_propensity must be in \[0, 0.5\), got -0.1"),
    ],
)
def test_limits_that_make_no_sense_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(LIMITS, **change)


def test_arrays_that_make_no_sense_are_refused() -> None:
    covariates, treated, outcome = confounded(1, 0.0, units=100)
    with pytest.raises(ValueError, match="of one length, got 100, 100 and 99"):
        compare(covariates, treated, outcome[1:], LIMITS, np.random.default_rng(0))
    for broken in ((covariates + np.nan, outcome), (covariates, outcome + np.inf)):
        with pytest.raises(ValueError, match="must be finite"):
            compare(broken[0], treated, broken[1], LIMITS, np.random.default_rng(0))


def test_random_data_never_divides_by_zero() -> None:
    """Any size, any share of treated, any outcome: a number that is finite, or a reason."""
    draw = np.random.default_rng(11)
    limits = replace(LIMITS, fewest_units=2, fewest_outcomes=1, least_propensity=0.0)
    for _ in range(300):
        units = int(draw.integers(1, 40))
        covariates = np.rint(draw.normal(size=(units, int(draw.integers(0, 3)))))
        treated = draw.random(units) < draw.choice([0.0, 0.1, 0.5, 1.0])
        outcome = draw.choice([0.0, 1.0, 7.5][: int(draw.integers(1, 4))], units)
        effect = compare(covariates, treated, outcome, limits, draw)
        assert (effect.adjusted is None) == (effect.reason is not None)
        for difference in (effect.raw, effect.adjusted):
            if difference is not None:
                assert np.isfinite([difference.low, difference.value, difference.high]).all()
                assert difference.low <= difference.value <= difference.high
