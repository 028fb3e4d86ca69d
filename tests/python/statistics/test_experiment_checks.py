"""Sample ratio, segments, running looks and novelty: by other packages and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare, dirichlet_multinomial, multinomial, t
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

from headwater.statistics.experiments.families import adjusted
from headwater.statistics.experiments.novelty import novelty_slopes
from headwater.statistics.experiments.sample_ratio import sample_ratio
from headwater.statistics.experiments.segments import (
    heterogeneity,
    interactions,
    segment_mix,
    shrink,
)
from headwater.statistics.experiments.sequential import asymptotic_sequence, running_minimum

SEEDS = range(10)


def split(n: list[Any], weight: list[Any]) -> pd.Series:
    rows = pd.DataFrame({"experiment_id": "e", "n": n, "weight": weight, "srm_alpha": 0.001})
    return sample_ratio(rows, ["experiment_id"]).iloc[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_split_is_tested_as_scipy_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 5, rng.integers(2, 6))
    n = rng.multinomial(60, weight / weight.sum()) * rng.integers(1, 3)
    row = split(n.tolist(), weight.tolist())
    expected = n.sum() * weight / weight.sum()
    want = chisquare(n, expected)
    assert (row["chi2"], row["p_value"]) == pytest.approx(tuple(want))
    assert (row["df"], row["min_expected"]) == (len(n) - 1, pytest.approx(expected.min()))
    prior = len(weight) * weight / weight.sum()
    log_factor = dirichlet_multinomial.logpmf(n, prior, n.sum()) - multinomial.logpmf(
        n, n.sum(), weight / weight.sum()
    )
    assert row["seq_p_value"] == pytest.approx(min(1, np.exp(-log_factor)))


@pytest.mark.parametrize(
    ("n", "weight", "status"),
    [
        ([50, 50], [1, 1], "OK"),
        ([80, 20], [1, 1], "SRM_DETECTED"),
        ([9, 0], [1, 1], "LOW_COUNTS"),
        ([0, 0], [1, 1], "NO_UNITS"),
        ([None, None], [1, 1], "NO_UNITS"),
        ([0, 0, 7], [1, 1, 0], "NO_UNITS"),
        ([50, 50], [1, -1], "INVALID_WEIGHTS"),
        ([50, 50], [1, None], "INVALID_WEIGHTS"),
        ([50, 50], [1, 0], "INVALID_WEIGHTS"),
        ([50, 50], [1, np.inf], "INVALID_WEIGHTS"),
    ],
)
def test_a_split_has_a_status(n: list[Any], weight: list[Any], status: str) -> None:
    row = split(n, weight)
    assert row["status"] == status
    has_numbers = status not in ("NO_UNITS", "INVALID_WEIGHTS")
    for name in ("chi2", "p_value", "min_expected", "seq_p_value"):
        assert pd.notna(row[name]) == has_numbers
    assert row["units_in_zero_weight_arms"] == (7 if 7 in n else 50 if 0 in weight else 0)


def mixed(counts: np.ndarray, name: str = "s") -> pd.DataFrame:
    rows, columns = counts.shape
    return pd.DataFrame(
        {
            "experiment_id": "e",
            "metric_id": "m",
            "segment_name": name,
            "segment_value": np.repeat([f"v{i}" for i in range(rows)], columns),
            "variant": np.tile([f"a{i}" for i in range(columns)], rows),
            "n": counts.ravel(),
        }
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mix_is_tested_as_scipy_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(20, (rng.integers(2, 5), rng.integers(2, 4)))
    want = chi2_contingency(counts, correction=False)
    both = pd.concat([mixed(counts), mixed(counts * np.arange(1, counts.shape[1] + 1), "t")])
    row = segment_mix(both).iloc[0]
    assert (row["chi2"], row["p_value"]) == pytest.approx((want.statistic, want.pvalue))
    assert (row["df"], row["is_imbalanced"]) == (want.dof, want.pvalue < 0.001)
    # cells without units need no row, and empty segments and variants do not count
    counts[0, 0] = 0
    want = chi2_contingency(counts, correction=False)
    with_empty = mixed(np.pad(counts, ((0, 1), (0, 1))))
    sparse = with_empty[with_empty["n"] > 0]
    for arms in (with_empty, sparse):
        row = segment_mix(arms).iloc[0]
        assert (row["chi2"], row["df"]) == (pytest.approx(want.statistic), want.dof)


def test_one_segment_has_no_mix() -> None:
    row = segment_mix(mixed(np.array([[5, 6]]))).iloc[0]
    assert row[["chi2", "df", "p_value", "is_imbalanced"]].isna().all()
    assert segment_mix(mixed(np.zeros((2, 2))))["p_value"].isna().all()


def results(
    diff: list[float], se: list[float], overall: float | None = None, **columns: Any
) -> pd.DataFrame:
    """Readouts of segments, and the overall one."""
    size = len(diff)
    rows = pd.DataFrame(
        {
            "experiment_id": "e", "metric_id": "m", "treatment": "b", "method": "cuped",
            "segment_name": "s", "segment_value": [f"v{i}" for i in range(size)], "diff": diff,
            "se": se, "df": 50.0, "n_control": 100, "n_treatment": 100, "status": "OK",
        }
    ).assign(lift=lambda own: own["diff"] / 10, lift_se=lambda own: own["se"] / 10)  # fmt: skip
    rows = rows.assign(**columns)
    if overall is None:
        return rows
    whole = rows.iloc[:1].assign(segment_name="__all__", segment_value="__all__", diff=overall)
    return pd.concat([rows, whole.assign(status="OK")])


@pytest.mark.parametrize("seed", SEEDS)
def test_segments_are_combined_as_statsmodels_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    diff, se = rng.normal(1, 2, 5), rng.uniform(0.5, 2, 5)
    want = combine_effects(diff, se**2)
    row = heterogeneity(results(diff.tolist(), se.tolist(), 1.0)).iloc[0]
    assert row["cochran_q"] == pytest.approx(want.q)
    assert row["i2"] == pytest.approx(max(want.i2, 0))
    assert row["fixed_effect"] == pytest.approx(want.mean_effect_fe)
    assert row["fixed_effect_se"] == pytest.approx(want.sd_eff_w_fe)
    assert row["interaction_p_value"] == pytest.approx(want.test_homogeneity().pvalue)
    shrunk = shrink(results(diff.tolist(), se.tolist(), 1.0))
    spread = max(combine_effects(diff, se**2, method_re="dl").tau2, 0)
    assert shrunk["diff_spread"].to_numpy(float) == pytest.approx(np.full(5, spread**0.5))
    assert (shrunk["shrunk_lift"] * 10).to_numpy(float) == pytest.approx(
        shrunk["shrunk_diff"].to_numpy(float)
    )


def test_a_fixed_mix_is_weighted_by_units() -> None:
    """200 and 600 units: .25 * 4 + .75 * 8, and an error of .25 * 1 and .75 * 2 in squares."""
    rows = results([4.0, 8.0], [1.0, 2.0], 5.0, n_control=[100, 300], n_treatment=[100, 300])
    row = heterogeneity(rows).iloc[0]
    assert row["post_stratified_diff"] == 7
    assert row["post_stratified_se"] == pytest.approx((0.25**2 + 1.5**2) ** 0.5)
    assert (row["overall_diff"], row["segment_count"], row["is_simpson"]) == (5, 2, False)


def test_simpsons_paradox_needs_all_segments_against_the_whole() -> None:
    assert heterogeneity(results([1.0, 2.0], [1.0, 1.0], -1.0))["is_simpson"][0]
    assert not heterogeneity(results([1.0, -2.0], [1.0, 1.0], -1.0))["is_simpson"][0]
    assert not heterogeneity(results([1.0], [1.0], -1.0))["is_simpson"][0]
    assert heterogeneity(results([1.0, 2.0], [1.0, 1.0]))["is_simpson"].isna()[0]
    assert heterogeneity(results([1.0, 2.0], [1.0, 1.0], 0.0))["is_simpson"].isna()[0]


def test_segments_without_an_answer_are_counted_and_left_out() -> None:
    status = ["OK", "ZERO_VARIANCE", "OK"]
    row = heterogeneity(results([1.0, 9.0, 1.0], [1.0, 1.0, 1.0], 1.0, status=status)).iloc[0]
    assert (row["segment_count"], row["left_out_count"], row["i2"]) == (2, 1, 0)
    lone = heterogeneity(results([1.0], [1.0], 1.0)).iloc[0]
    assert lone[["cochran_q", "i2", "interaction_p_value"]].isna().all()
    assert lone["fixed_effect"] == 1
    assert heterogeneity(results([1.0], [1.0], 1.0, status="ZERO_VARIANCE")).empty


def test_shrinking_worked_by_hand() -> None:
    """Errors 1, estimates 0 and 4: Q 8, spread 8 - 1 = 7 over a scale of 1; pull 1 / 8 to 2."""
    found = shrink(results([0.0, 4.0], [1.0, 1.0], 2.0))
    assert found["diff_spread"].to_numpy(float) == pytest.approx([7**0.5] * 2)
    assert found["shrunk_diff"].to_numpy(float) == pytest.approx([0.25, 3.75])
    error = (7 / 8 + (1 / 8) ** 2 * 4) ** 0.5
    assert found["shrunk_diff_se"].to_numpy(float) == pytest.approx([error] * 2)
    assert found["shrunk_diff_high"][0] == pytest.approx(0.25 + 1.959963985 * error)
    # no more spread than chance gives: all the way to the mean
    close = shrink(results([1.0, 1.5], [1.0, 1.0]))
    assert close["shrunk_diff"].to_numpy(float) == pytest.approx([1.25, 1.25])
    # one alone stays, and what has no error has no estimate
    alone = shrink(results([1.0, 5.0], [1.0, None]))
    assert alone["shrunk_diff"].to_list()[0] == pytest.approx(1)
    assert pd.isna(alone["shrunk_diff"][1])


def test_shrunk_estimates_are_nearer_to_the_truth() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(1, 1, 400)
    seen = truth + rng.normal(0, 1, 400)
    found = shrink(results(seen.tolist(), [1.0] * 400))
    near = found["shrunk_diff"].to_numpy(float)
    assert ((near - truth) ** 2).mean() < 0.6 * ((seen - truth) ** 2).mean()
    low, high = (found[f"shrunk_diff_{end}"].to_numpy(float) for end in ("low", "high"))
    assert 0.92 < ((low <= truth) & (truth <= high)).mean() < 0.98


def test_an_interaction_is_a_difference_of_differences() -> None:
    """Errors 3 and 4 with 50 degrees each: error 5, degrees 25 ** 2 / (81 / 50 + 256 / 50)."""
    rows = results([2.0, 12.0, 1.0], [3.0, 4.0, 1.0], 3.0, status=["OK", "OK", "ZERO_VARIANCE"])
    row = interactions(rows, "v0").iloc[0]
    assert (row["segment_value"], row["reference_value"], row["difference"]) == ("v1", "v0", 10)
    freedom = 625 * 50 / 337
    assert (row["se"], row["df"]) == (5, pytest.approx(freedom))
    assert row["p_value"] == pytest.approx(2 * t.sf(2, freedom))
    assert row["ci_low"] == pytest.approx(10 - 5 * t.isf(0.025, freedom))
    assert interactions(rows, "absent").empty
    with pytest.raises(ValueError, match=r"alpha must be in \(0, 1\), got 1"):
        interactions(rows, alpha=1)


def test_without_a_reference_it_is_the_largest_segment() -> None:
    rows = results([1.0, 2.0, 3.0], [1.0] * 3, n_control=[5, 9, 9], n_treatment=[5, 9, 9])
    found = interactions(rows)
    assert list(found["segment_value"]) == ["v0", "v2"]
    assert set(found["reference_value"]) == {"v1"}


def test_the_running_minimum_never_rises() -> None:
    looks = pd.DataFrame(
        {
            "experiment_id": ["a", "a", "b", "a", "a", "b"],
            "day": [2, 1, 1, 4, 3, 2],
            "seq_p_value": [0.5, None, 0.2, 0.4, None, 0.9],
        }
    )
    found = running_minimum(looks, ["experiment_id"], "day")["seq_p_value_min"]
    assert found.isna().to_list() == [False, True, False, False, False, False]
    assert found.dropna().to_list() == [0.5, 0.2, 0.4, 0.5, 0.2]
    with pytest.raises(ValueError, match="columns are missing: hour"):
        running_minimum(looks, ["experiment_id"], "hour")


def test_the_sequential_interval_and_p_value_agree() -> None:
    """0 lies on the edge of the interval just where p is alpha."""
    n, alpha, tuning = np.array([400.0]), np.array([0.05]), np.array([5000.0])
    half = asymptotic_sequence(np.array([1.0]), np.array([0.0]), n, alpha, tuning).half_width
    at_edge = asymptotic_sequence(np.array([1.0]), half, n, alpha, tuning)
    assert at_edge.p_value[0] == pytest.approx(0.05)
    assert half[0] > 1.96


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.sampled_from(["holm", "bh"]))
def test_families_are_adjusted_as_statsmodels_does(p_values: list[float], method: str) -> None:
    both = np.array([*p_values, np.nan, *p_values[:1]])
    family = np.array([0] * len(p_values) + [0, 1])
    found, size = adjusted(both, family, np.full(len(both), method, dtype=object))
    name = {"holm": "holm", "bh": "fdr_bh"}[method]
    assert found[: len(p_values)] == pytest.approx(multipletests(p_values, method=name)[1])
    assert found[-1] == pytest.approx(p_values[0])
    assert list(size[:1]) == [len(p_values)]
    assert np.isnan([found[-2], size[-2]]).all()


def lifts(seed: int, slope: float, days: int = 14) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    error = rng.uniform(0.005, 0.02, days)
    day = np.arange(days)
    lift = 0.2 + slope * day + rng.normal(0, error)
    return pd.DataFrame(
        {
            "experiment_id": f"e{seed}", "metric_id": "m", "treatment": "b", "method": "cuped",
            "days_since_exposure": day, "lift": lift, "lift_se": error,
        }
    )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_the_slope_is_that_of_statsmodels(seed: int) -> None:
    days = lifts(seed, -0.01)
    want = sm.WLS(
        days["lift"], sm.add_constant(days["days_since_exposure"]), 1 / days["lift_se"] ** 2
    ).fit()
    row = novelty_slopes(pd.concat([days, lifts(99, 0.1)])).iloc[0]
    assert row["slope"] == pytest.approx(want.params.iloc[1])
    assert row["lift_at_start"] == pytest.approx(want.params.iloc[0])
    assert row["slope_se"] == pytest.approx(want.bse.iloc[1])
    assert row["p_value"] == pytest.approx(want.pvalues.iloc[1])
    assert (row["day_count"], row["trend"]) == (14, "fading")


def test_a_trend_has_a_name() -> None:
    trends = [novelty_slopes(lifts(1, slope))["trend"][0] for slope in (-0.01, 0.0, 0.01)]
    assert trends == ["fading", "steady", "growing"]
    below = lifts(1, -0.01)
    assert novelty_slopes(below.assign(lift=-below["lift"]))["trend"][0] == "fading"
    few = novelty_slopes(below.iloc[:2]).iloc[0]
    assert few["day_count"] == 2
    assert few[["slope", "p_value", "trend", "lift_at_start"]].isna().all()
    below.loc[3:, "lift_se"] = [-1.0, 0.0, *([np.nan] * 9)]
    assert novelty_slopes(below)["day_count"][0] == 3
    same_day = lifts(1, 0.01).assign(days_since_exposure=2)
    assert pd.isna(novelty_slopes(same_day)["slope"][0])
    with pytest.raises(ValueError, match=r"alpha must be in \(0, 1\), got 0"):
        novelty_slopes(below, alpha=0)
