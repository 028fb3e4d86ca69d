"""A fast part of the simulations of bench/experiment_bars.py, with its bounds and fixed seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from bench import experiment_bars as bars
from headwater.statistics.experiments.sequential import asymptotic_sequence


def within(result: float, low: float, high: float) -> None:
    assert low <= result <= high, result


@pytest.mark.parametrize(
    ("draw", "settings"),
    [
        (bars.normal((100, 100)), {}),
        (bars.binary(0.1, (300, 300)), {"metric_type": "proportion"}),
        (bars.clicks(100), {"metric_type": "ratio"}),
        (bars.with_before(50), {}),
    ],
    ids=["normal", "binary", "ratio", "cuped"],
)
def test_a_false_alarm_comes_as_often_as_it_may(draw: bars.Draw, settings: dict[str, str]) -> None:
    """Of 2000 A/A tests; three standard errors are .0146."""
    results = bars.experiments(draw, 2000, 11, **settings)
    assert bars.near("", 2000, bars.rejected(results), slack=0.003).holds
    assert bars.contradictions(results) == 0


def test_a_covariate_takes_away_the_square_of_its_correlation() -> None:
    results = bars.experiments(bars.with_before(100), 400, 12)
    within(bars.column(results, "variance_reduction").mean(), 0.63, 0.65)


@pytest.mark.parametrize("kind", ["normal", "heavy", "ratio"])
def test_the_true_lift_is_in_its_interval(kind: str) -> None:
    draws = {
        "normal": bars.normal((100, 100), 0.1),
        "heavy": bars.heavy((1000, 1000), 0.1),
        "ratio": bars.clicks(200, 0.1),
    }
    count = 500 if kind == "heavy" else 2000
    settings = {"metric_type": "ratio"} if kind == "ratio" else {}
    results = bars.experiments(draws[kind], count, 13, **settings)
    within(bars.covered(results, 0.1), 0.935, 0.97)


def test_a_heavy_tail_on_unequal_arms_is_warned_of() -> None:
    results = bars.experiments(bars.heavy((3600, 400)), 60, 14)
    assert results["warnings"].str.contains("SKEWED_SMALL_N").all()


def test_who_looks_every_day_is_safe_with_the_sequential_p_value_only() -> None:
    always, plain = bars.peeked(bars.normal((20, 20)), 600, 15)
    assert always <= 0.03
    assert plain > 0.18


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_who_looks_daily_at_values_that_grow_is_safe_for_a_year(alpha: float) -> None:
    """The worst there is: everybody is in on the first day, each day adds as much by chance as the
    first, and as many are in as make the interval tightest."""
    count, looks = 10_000, 365
    steps = np.random.default_rng(16).standard_normal((looks, count))
    z = np.cumsum(steps, axis=0) / np.sqrt(np.arange(1, looks + 1))[:, None]
    one, tuning = np.ones(z.shape), np.full(z.shape, 5000.0)
    always = asymptotic_sequence(one, z, tuning, alpha * one, tuning).p_value < alpha
    within(always.any(axis=0).mean(), 0.5 * alpha, alpha)
    within(always[:28].any(axis=0).mean(), 0.2 * alpha, 0.6 * alpha)
    plain = 2 * norm.sf(np.abs(z[:28])) < alpha
    assert plain.any(axis=0).mean() > 2 * alpha


def test_a_split_that_is_right_is_hardly_ever_called_wrong() -> None:
    rng = bars.np.random.default_rng(16)
    found = bars.split(rng.multinomial(2000, (0.5, 0.5), 40_000), (0.5, 0.5))
    within((bars.column(found, "p_value") < 0.001).mean(), 0.0005, 0.0015)
    within((bars.column(found, "p_value") < 0.05).mean(), 0.045, 0.055)


def test_a_family_of_nothing_is_called_something_as_often_as_one() -> None:
    unadjusted, holm, by_share = bars.families(0.05)
    assert unadjusted.holds
    assert holm.holds
    assert by_share.holds


def test_an_effect_is_found_as_often_as_was_planned() -> None:
    power, told, at_margin = bars.decisions(0.1)
    within(power.result, 0.8 - 0.038, 0.8 + 0.038)
    assert told.holds
    assert at_margin.holds


def test_quantiles_keep_their_level() -> None:
    rates = [bar.result for bar in bars.quantiles(0.2)]
    within(sum(rates) / len(rates), 0.035, 0.062)


def test_a_missed_bar_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = bars.Bar("good", 10, 0.05, 0, 0.1), bars.Bar("bad", 10, 0.2, 0, 0.1)
    monkeypatch.setattr(bars, "CHECKS", (lambda _: [good, bad],))
    assert bars.main([]) == 1
    assert "MISSED" in capsys.readouterr().out
    monkeypatch.setattr(bars, "CHECKS", (lambda _: [good],))
    assert bars.main(["--scale", "0.5"]) == 0
