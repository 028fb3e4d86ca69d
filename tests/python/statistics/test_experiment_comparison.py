"""The estimator: by hand, by other packages, by symmetries, and what has no answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm, t, ttest_ind
from statsmodels.stats.multitest import multipletests

from headwater.statistics.experiments.comparison import RESULTS, LiftPrior, compare_variants
from headwater.statistics.experiments.moments import NAMES, PAIRS
from headwater.statistics.experiments.sufficient import summarise

SEEDS = range(8)
KEYS = {"experiment_id": "e", "metric_id": "m", "segment_name": "__all__",
        "segment_value": "__all__"}  # fmt: skip
CONFIGURATION = {"control_variant": "control", "metric_type": "mean", "role": "goal", "alpha": 0.05,
                 "seq_tuning_n": 5000}  # fmt: skip
TEXTS = {"treatment", "method", "role", "lift_status", "cuped_status", "mt_method", "status",
         "warnings"}  # fmt: skip
NUMBERS = [name for name in RESULTS if name not in TEXTS]


def drawn(seed: int, *, sizes: tuple[int, int] = (60, 90), is_ratio: bool = False) -> pd.DataFrame:
    """Units of two arms, with a pre-period that tells something."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    before = rng.gamma(2, 3, n)
    units = pd.DataFrame(
        {
            "variant": np.repeat(["control", "treatment"], sizes),
            "y": 5 + 0.6 * before + rng.normal(0, 2, n) + rng.normal(0, 0.5) * (np.arange(n) > 60),
            "x": before,
        }
    )
    if is_ratio:
        units["d"], units["e"] = 1.0 + rng.poisson(4, n), 1.0 + rng.poisson(3, n)
        units["y"] *= units["d"]
    return units


def statistics_of(units: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    return summarise(units.assign(**KEYS)).assign(**(CONFIGURATION | changes))


def readout(units: pd.DataFrame, method: str = "unadjusted", **changes: Any) -> pd.Series:
    results = compare_variants(statistics_of(units, **changes))
    return results[results["method"] == method].iloc[0]


def arms(n: float = 100.0, **columns: Any) -> pd.DataFrame:
    """Two arms from their statistics; a pair of values stands for control and treatment."""
    rows = pd.DataFrame(KEYS | CONFIGURATION | {"variant": ["control", "treatment"], "n": n})
    defaults = {"n_non_finite": 0, "shift_y": 0.0, "m_y": [10.0, 11.0], "c_yy": [4.0, 9.0]}
    pairs = {
        name: list(values) if isinstance(values, tuple) else values
        for name, values in (defaults | columns).items()
    }
    return rows.assign(**pairs)


def one(statistics: pd.DataFrame, method: str = "unadjusted", **arguments: Any) -> pd.Series:
    results = compare_variants(statistics, **arguments)
    return results[results["method"] == method].iloc[0]


def test_a_difference_worked_by_hand() -> None:
    """Means 10 and 11, variances 4 and 9, 100 units each: the error is sqrt(.04 + .09)."""
    row = one(arms())
    assert (row["diff"], row["lift"]) == (1, pytest.approx(0.1))
    assert row["se"] == pytest.approx(0.13**0.5)
    assert row["df"] == pytest.approx(0.13**2 / (0.04**2 / 99 + 0.09**2 / 99))
    assert row["p_value"] == pytest.approx(2 * t.sf(1 / 0.13**0.5, row["df"]))
    # the lift's variance is (.13 + .1 ** 2 * .04 + 2 * .1 * .04) / 10 ** 2
    assert row["lift_se"] == pytest.approx(0.1384**0.5 / 10)
    assert row["mde_abs"] == pytest.approx((1.959963985 + 0.841621234) * 0.13**0.5)
    assert row["mde_rel"] == pytest.approx(row["mde_abs"] / 10)
    assert row["prob_beat_control"] == pytest.approx(norm.cdf(0.1 / row["lift_se"]))
    assert (row["status"], row["lift_status"], row["warnings"]) == ("OK", "OK", "")


def test_the_adjustment_worked_by_hand() -> None:
    """Both arms: variance of y 5 and of x 4, covariance 2; before, means 9 and 11.

    Pooled over 2 * 101 units the means add 101 / 2 * 4 / 201 to the variance of x and, with means
    of y 20 and 21, 101 / 2 * 2 / 201 to the covariance.
    """
    statistics = arms(101, m_y=[20.0, 21.0], c_yy=5.0, m_x=[9.0, 11.0], shift_x=0.0, c_xx=4.0,
                      c_yx=2.0, n_with_pre=101, is_cuped=True)  # fmt: skip
    row = one(statistics, "cuped")
    theta = (400 + 101) / (800 + 202)
    assert row["theta"] == pytest.approx(theta)
    assert row["diff"] == pytest.approx(1 - 2 * theta)
    adjusted = 5 + theta**2 * 4 - 2 * theta * 2
    assert row["var_adj_control"] == pytest.approx(adjusted)
    assert row["variance_reduction"] == pytest.approx(1 - adjusted / 5)
    assert row["mean_adj_control"] == pytest.approx(20 - theta * (9 - 10))
    assert row["mean_adj_treatment"] == pytest.approx(21 - theta * (11 - 10))
    assert row["pre_p_value"] < 1e-9
    assert row["warnings"] == "PRE_PERIOD_IMBALANCE"


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_scipys_welch_test(seed: int) -> None:
    units = drawn(seed)
    control, treatment = (units["y"][units["variant"] == v] for v in ("control", "treatment"))
    wanted = ttest_ind(treatment, control, equal_var=False)
    interval = wanted.confidence_interval(0.9)
    row = readout(units, alpha=0.1)
    assert row["t_stat"] == pytest.approx(wanted.statistic, rel=1e-9)
    assert row["p_value"] == pytest.approx(wanted.pvalue, rel=1e-9)
    assert row["df"] == pytest.approx(wanted.df, rel=1e-9)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.booleans(), st.booleans())
def test_it_is_tea_tasting_where_it_means_the_same(
    seed: int, is_ratio: bool, is_cuped: bool
) -> None:
    """Its lift divides by the adjusted mean of the control and its interval is that of a log."""
    units = drawn(seed, sizes=(80, 120), is_ratio=is_ratio)
    before = {"covariate": "x"} if is_cuped else {}
    metric = tt.Mean("y", **before)
    if is_ratio:
        of_ratio = {"numer_covariate": "x", "denom_covariate": "e"} if is_cuped else {}
        metric = tt.RatioOfMeans("y", "d", **of_ratio)
    wanted = tt.Experiment({"metric": metric}, "variant").analyze(units, "control")["metric"]
    kind = "ratio" if is_ratio else "mean"
    row = readout(units, "cuped", metric_type=kind, is_cuped=is_cuped)
    assert row["cuped_status"] == ("APPLIED" if is_cuped else "DISABLED")
    assert row["diff"] == pytest.approx(wanted.effect_size, rel=1e-8, abs=1e-12)
    assert row["p_value"] == pytest.approx(wanted.pvalue, rel=1e-8)
    assert row["ci_low"] == pytest.approx(wanted.effect_size_ci_lower, rel=1e-8, abs=1e-12)
    assert row["ci_high"] == pytest.approx(wanted.effect_size_ci_upper, rel=1e-8, abs=1e-12)
    if not is_cuped:
        assert row["lift"] == pytest.approx(wanted.rel_effect_size, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lifts_interval_is_all_that_a_test_does_not_reject(seed: int) -> None:
    units = drawn(seed)
    row = readout(units, "cuped", is_cuped=True)
    arms_of = statistics_of(units).set_index("variant")
    variance = arms_of.loc["control", "c_yy"] / row["n_control"]
    shared = -(arms_of.loc["control", "c_yy"] - row["theta"] * arms_of.loc["control", "c_yx"])
    shared /= row["n_control"]
    critical = t.isf(0.025, row["df"])

    def distance(lift: float) -> float:
        apart = row["diff"] - lift * row["mean_control"]
        spread = row["se"] ** 2 - 2 * lift * shared + lift**2 * variance
        return apart**2 - critical**2 * spread

    assert row["lift_ci_low"] == pytest.approx(brentq(distance, row["lift"] - 2, row["lift"]))
    assert row["lift_ci_high"] == pytest.approx(brentq(distance, row["lift"], row["lift"] + 3))


def test_the_lifts_interval_leaves_out_0_just_where_p_is_small() -> None:
    """In all of 20,000 experiments, every second of them near the edge."""
    rng = np.random.default_rng(2)
    count = 20_000
    n, variance = rng.integers(2, 500, (2, count)), 10 ** rng.uniform(-3, 3, (2, count))
    error = np.sqrt((variance / n).sum(axis=0))
    control = rng.normal(0, 4, count) * error
    shift = np.where(np.arange(count) % 2, rng.choice([-1, 1], count) * 2, rng.normal(0, 4, count))
    mean = [control, control + shift * error * rng.normal(1, 0.02, count)]
    alpha = rng.uniform(0.001, 0.4, count)
    parts = [
        pd.DataFrame({"experiment_id": np.arange(count), "n": n[side], "m_y": mean[side],
                      "c_yy": variance[side], "alpha": alpha, "variant": variant})
        for side, variant in enumerate(("control", "treatment"))
    ]  # fmt: skip
    statistics = pd.concat(parts).assign(
        n_non_finite=0, shift_y=0.0, control_variant="control", metric_type="mean",
        role="secondary", seq_tuning_n=5000,
    )  # fmt: skip
    results = compare_variants(statistics, ["experiment_id"])
    known = results[results["lift_status"] == "OK"]
    excludes = (known["lift_ci_low"] > 0) | (known["lift_ci_high"] < 0)
    is_small = known["p_value"].to_numpy() < np.repeat(alpha, 2)[known.index]
    assert len(known) > count / 4
    assert (excludes.to_numpy() == is_small).all()
    assert (known["lift_ci_low"] <= known["lift"]).all()
    assert (known["lift"] <= known["lift_ci_high"]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_units_of_measure_and_sides_change_only_what_they_should(seed: int) -> None:
    units = drawn(seed)
    plain = readout(units, "cuped", is_cuped=True)
    cents = readout(units.assign(y=units["y"] * 100), "cuped", is_cuped=True)
    for name in ("t_stat", "p_value", "lift", "lift_ci_low", "lift_ci_high", "seq_p_value", "df"):
        assert cents[name] == pytest.approx(plain[name], rel=1e-7)
    assert (cents["diff"], cents["se"]) == pytest.approx((100 * plain["diff"], 100 * plain["se"]))
    minus = readout(units.assign(y=-units["y"]), "cuped", is_cuped=True)
    assert (minus["lift"], minus["t_stat"]) == pytest.approx((-plain["lift"], -plain["t_stat"]))
    assert minus["lift_ci_low"] == pytest.approx(-plain["lift_ci_high"])
    swapped = readout(units, "cuped", is_cuped=True, control_variant="treatment")
    assert swapped["diff"] == pytest.approx(-plain["diff"])
    assert swapped["p_value"] == pytest.approx(plain["p_value"])
    shifted = readout(units.assign(y=units["y"] + 1e6), "cuped", is_cuped=True)
    assert shifted["p_value"] == pytest.approx(plain["p_value"], rel=1e-6)


def test_a_margin_is_tested_one_sided() -> None:
    """For a metric that should be low the same numbers with the sign turned."""
    high = one(arms(m_y=[100.0, 99.0], margin=0.03))
    spread = 0.13 + 2 * 0.03 * -0.04 + 0.03**2 * 0.04
    assert high["ni_t_stat"] == pytest.approx((-1 + 3) / spread**0.5)
    assert high["ni_p_value"] == pytest.approx(t.sf(high["ni_t_stat"], high["df"]))
    assert (high["non_inferior"], high["ni_margin"]) == (True, 0.03)
    assert high["ni_bound"] > -0.03
    opposite = one(arms(m_y=[100.0, 101.0], margin=0.03, higher_is_better=False))
    spread = 0.13 - 2 * 0.03 * -0.04 + 0.03**2 * 0.04
    assert opposite["ni_t_stat"] == pytest.approx((-1 + 3) / spread**0.5)
    assert 0.01 < opposite["ni_bound"] < 0.03
    below_zero = one(arms(m_y=[-100.0, -101.0], margin=0.03))
    assert below_zero["ni_p_value"] == pytest.approx(opposite["ni_p_value"])
    tight = one(arms(m_y=[100.0, 99.0], margin=0.0101))
    assert (bool(tight["non_inferior"]), tight["ni_bound"] < -0.0101) == (False, True)
    assert pd.isna(one(arms())["non_inferior"])
    # a lift of a mean of zero has no margin
    assert pd.isna(one(arms(m_y=[0.0, 1.0], margin=0.1))["non_inferior"])


def test_the_better_side_is_the_one_asked_for() -> None:
    up, down = one(arms()), one(arms(higher_is_better=False))
    assert up["prob_beat_control"] + down["prob_beat_control"] == pytest.approx(1)


def test_a_prior_draws_the_lift_to_its_mean() -> None:
    """As precise as the data it halves the lift and the variance."""
    flat = one(arms())
    even = one(arms(), prior=LiftPrior(0, float(flat["lift_se"])))
    belief = norm.ppf(even["prob_beat_control"])
    assert belief == pytest.approx(norm.ppf(flat["prob_beat_control"]) / 2**0.5)
    wide = one(arms(), prior=LiftPrior(0, 1e6))
    assert wide["prob_beat_control"] == pytest.approx(flat["prob_beat_control"])
    with pytest.raises(ValueError, match="standard_deviation must be above 0, got 0"):
        LiftPrior(0, 0)


INVALID = [
    {"control_variant": None}, {"control_variant": "c"}, {"alpha": 0.0}, {"alpha": 1.0},
    {"alpha": None}, {"margin": 0.0}, {"margin": -0.1}, {"margin": np.inf},
    {"metric_type": "median"}, {"metric_type": None}, {"metric_type": "quantile", "q": 1.0},
    {"metric_type": "quantile"}, {"seq_tuning_n": 0}, {"seq_tuning_n": None},
]  # fmt: skip
STATUSES: list[tuple[dict[str, Any], str]] = [
    *[(changes, "INVALID_CONFIG") for changes in INVALID],
    ({"n": [0, 5]}, "NO_CONTROL_UNITS"),
    ({"n": [5, 0], "m_y": [1.0, None], "c_yy": [1.0, None]}, "NO_TREATMENT_UNITS"),
    ({"n_non_finite": [0, 1]}, "NON_FINITE_INPUT"),
    ({"m_y": [1.0, None]}, "NON_FINITE_INPUT"),
    ({"c_yy": [1.0, np.inf]}, "NON_FINITE_INPUT"),
    ({"m_y": 1e150, "shift_y": 1e150, "c_yy": 1e300, "n": [2, 2]}, "OK"),
    ({"c_yy": 1.7e308, "n": [1.5, 1.5]}, "INSUFFICIENT_UNITS"),
    ({"n": [1, 5], "c_yy": [None, 1.0]}, "INSUFFICIENT_UNITS"),
    ({"c_yy": 0.0}, "ZERO_VARIANCE"),
    ({"c_yy": [0.0, 1.0]}, "OK"),
    ({"c_yy": 5e-324, "m_y": [0.0, 0.0]}, "ZERO_VARIANCE"),
]
RATIO = {"metric_type": "ratio", "shift_d": 0.0, "c_yd": 0.5}


@pytest.mark.parametrize(("changes", "status"), STATUSES)
def test_a_status_says_why_there_is_no_answer(changes: dict[str, Any], status: str) -> None:
    row = one(arms(**changes))
    assert row["status"] == status
    assert pd.isna(row["n_treatment"]) == (status == "INVALID_CONFIG")
    has_means = status in ("OK", "INSUFFICIENT_UNITS", "ZERO_VARIANCE")
    assert pd.isna(row["mean_control"]) != has_means
    for name in ("se", "p_value", "seq_p_value", "prob_beat_control", "lift_se"):
        assert pd.isna(row[name]) == (status != "OK"), name
    assert pd.isna(row["lift_status"]) == (status != "OK")


def test_a_control_without_a_row_has_no_units() -> None:
    """In one segment; the experiment has declared it in the other."""
    here = arms(segment_name="platform", segment_value="web")
    there = arms(segment_name="platform", segment_value="ios")
    results = compare_variants(pd.concat([here, there.iloc[1:]]))
    assert list(results["status"]) == ["OK", "OK", "NO_CONTROL_UNITS", "NO_CONTROL_UNITS"]
    assert list(results["n_control"]) == [100, 100, 0, 0]


def test_a_denominator_of_zero_is_no_ratio() -> None:
    assert one(arms(**RATIO, m_d=[0.0, 2.0], c_dd=1.0))["status"] == "ZERO_DENOMINATOR"
    assert one(arms(**RATIO, m_d=[1.0, 2.0], c_dd=1.0))["status"] == "OK"
    assert one(arms(**RATIO, m_d=[1.0, None], c_dd=1.0))["status"] == "NON_FINITE_INPUT"
    vast = arms(**(RATIO | {"c_yd": 0.0}), m_d=[1e-200, 1e-200], c_dd=0.0)
    assert one(vast)["status"] == "NON_FINITE_INPUT"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "OK"),
        ({"n": [4, 100]}, "INSUFFICIENT_UNITS_FOR_QUANTILE"),
        ({"n": [1, 100], "q_low": [None, 8.0]}, "INSUFFICIENT_UNITS"),
        ({"q_low": [8.0, None]}, "NON_FINITE_INPUT"),
        ({"q_low": [12.0, 8.0]}, "ZERO_VARIANCE"),
    ],
)
def test_a_quantile_needs_units_on_both_sides_of_it(changes: dict[str, Any], status: str) -> None:
    given_ = {"metric_type": "quantile", "q": 0.8, "q_hat": [10.0, 11.0], "q_low": 8.0,
              "q_high": 12.0, "n": 100, "m_y": None, "c_yy": None, "is_cuped": True}  # fmt: skip
    results = compare_variants(arms(**(given_ | changes)))
    assert list(results["status"]) == [status, status]
    assert results["cuped_status"].iloc[1] == "DISABLED" or status not in ("OK", "ZERO_VARIANCE")
    if status == "OK":
        assert results["se"].iloc[0] == pytest.approx((2 * 0.99) ** 0.5 * 4 / (2 * 1.959963985))


BEFORE = {"m_x": 3.0, "shift_x": 0.0, "c_xx": 1.0, "c_yx": 0.5, "n_with_pre": 100, "is_cuped": True}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "APPLIED"),
        ({"is_cuped": False}, "DISABLED"),
        ({"is_cuped": None}, "DISABLED"),
        ({"n_with_pre": 0}, "NO_PRE_DATA"),
        ({"m_x": None, "c_xx": None, "c_yx": None}, "NO_PRE_DATA"),
        ({"n": [19, 100]}, "INSUFFICIENT_UNITS"),
        ({"c_xx": 0.0, "c_yx": 0.0}, "ZERO_PRE_VARIANCE"),
        (RATIO | {"m_d": 1.0, "c_dd": 0.1, "m_e": [0.0, 1.0], "shift_e": 0.0, "c_dx": 0.0,
                  "c_de": 0.0, "c_xe": 0.0, "c_ye": 0.0, "c_ee": 0.0}, "ZERO_PRE_DENOMINATOR"),
    ],
)  # fmt: skip
def test_without_a_covariate_both_methods_agree(changes: dict[str, Any], status: str) -> None:
    plain, cuped = (row for _, row in compare_variants(arms(**(BEFORE | changes))).iterrows())
    assert (plain["cuped_status"], cuped["cuped_status"]) == ("DISABLED", status)
    assert pd.isna(plain["theta"])
    if status != "APPLIED":
        for name in NUMBERS:
            assert (pd.isna(plain[name]) and pd.isna(cuped[name])) or plain[name] == cuped[name]
    else:
        assert cuped["se"] < plain["se"]


def test_a_covariate_that_explains_all_leaves_nothing_to_test() -> None:
    row = one(arms(**(BEFORE | {"c_yy": 4.0, "c_xx": 4.0, "c_yx": 4.0, "m_y": [10.0, 10.0]})),
              "cuped")  # fmt: skip
    assert (row["status"], row["cuped_status"]) == ("ZERO_VARIANCE", "APPLIED")
    assert row["diff"] == 0
    assert pd.isna(row["p_value"])


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"c_yy": [0.0, 1.0]}, "ZERO_VARIANCE_ONE_ARM"),
        ({"skew_y": [0.0, 0.54]}, "SKEWED_SMALL_N"),
        ({"skew_y": [0.0, 0.53]}, ""),
        ({"skew_y": [0.0, 0.54], "metric_type": "proportion", "m_y": 0.5}, ""),
        ({"metric_type": "proportion", "m_y": [0.5, 0.09]}, "SMALL_COUNTS"),
        ({"metric_type": "proportion", "m_y": [0.91, 0.5]}, "SMALL_COUNTS"),
        ({"metric_type": "proportion", "m_y": [0.5, 0.1]}, ""),
        ({"cap_upper": 0.0, "c_yy": 0.0}, "CAP_AT_ZERO"),
        ({"has_srm": True}, "SRM_DETECTED"),
        ({"has_multiple_exposure": [None, True]}, "MULTIPLE_EXPOSURE_HIGH"),
        ({"has_segment_mix_imbalance": True}, "SEGMENT_MIX_IMBALANCED"),
        ({"has_srm": True, "cap_upper": 0.0}, "CAP_AT_ZERO,SRM_DETECTED"),
        ({"cap_upper": 0.0, "alpha": 2.0}, ""),
    ],
)
def test_a_warning_is_given_just_when_it_applies(changes: dict[str, Any], warning: str) -> None:
    assert one(arms(**changes))["warnings"] == warning


def test_few_units_with_a_pre_period_are_a_warning_of_the_adjusted_row() -> None:
    few = compare_variants(arms(**(BEFORE | {"n_with_pre": 19})))
    assert list(few["warnings"]) == ["", "LOW_PRE_COVERAGE"]
    assert list(compare_variants(arms(**(BEFORE | {"n_with_pre": 20})))["warnings"]) == ["", ""]


@pytest.mark.parametrize(
    ("mean", "status"),
    [(0.0, "BASELINE_ZERO"), (0.39, "BASELINE_NOT_SEPARATED_FROM_ZERO"), (0.4, "OK"),
     (-0.4, "OK"), (1e-300, "BASELINE_ZERO")],
)  # fmt: skip
def test_a_lift_needs_a_baseline(mean: float, status: str) -> None:
    """Of 101 units with variance 4 a mean of 0.3948 is just separated from 0 with 139 degrees."""
    row = one(arms(101, m_y=[mean, 1.0]))
    assert row["lift_status"] == status
    assert pd.isna(row["lift"]) == pd.isna(row["lift_se"]) == (status == "BASELINE_ZERO")
    assert pd.isna(row["lift_ci_low"]) == (status != "OK")
    assert pd.isna(row["mde_rel"]) == (mean in (0, 1e-300))
    assert row["p_value"] > 0


def test_families_are_goals_of_one_dimension_and_method() -> None:
    parts = []
    for metric, role, value in (("a", "goal", 10.9), ("b", "goal", 10.8), ("c", "guardrail", 11)):
        for segment in ("__all__", "ios", "web"):
            name = "__all__" if segment == "__all__" else "platform"
            parts.append(arms(metric_id=metric, role=role, segment_name=name,
                              segment_value=segment, m_y=[10.0, value]))  # fmt: skip
    parts.append(arms(metric_id="d", c_yy=0.0, segment_value="ios", segment_name="platform"))
    results = compare_variants(pd.concat(parts))
    plain = results[results["method"] == "unadjusted"].set_index(["metric_id", "segment_value"])
    assert plain.loc[("a", "__all__"), "family_size"] == 2
    assert plain.loc[("a", "ios"), "family_size"] == 4
    assert plain.loc[("a", "ios"), "p_adj"] == pytest.approx(4 * plain.loc[("a", "ios"), "p_value"])
    assert plain.loc[["c", "d"], ["p_adj", "family_size"]].isna().all(axis=None)


def test_what_is_no_goal_is_scanned_for_effects_as_statsmodels_does() -> None:
    """Secondary metrics and guardrails of an experiment are one family, whatever goals show."""
    means = {"a": 13.0, "b": 11.2, "c": 10.9, "d": 10.8, "e": 10.1, "f": 8.8}
    roles = dict(zip("abcdef", ["goal", "secondary", "guardrail", *["secondary"] * 3], strict=True))
    parts = [
        arms(metric_id=name, role=roles[name], m_y=[10.0, mean]) for name, mean in means.items()
    ]
    parts += [arms(metric_id="g", role="secondary", c_yy=0.0)]
    parts += [arms(experiment_id="other", role="secondary", m_y=[10.0, 10.9])]
    results = compare_variants(pd.concat(parts))
    plain = results[results["method"] == "unadjusted"]
    scanned = plain[plain["metric_id"].isin([*"bcdef"])]
    p_values = scanned["p_value"].to_numpy(float)
    is_found, wanted, *_ = multipletests(p_values, alpha=0.05, method="fdr_bh")
    assert scanned["q_value"].to_numpy(float) == pytest.approx(wanted, rel=1e-12)
    assert list(scanned["is_unexpected"]) == list(is_found) == [True, True, True, False, True]
    # corrected for five: with Holm, or had the goal counted, d would be another
    assert scanned["q_value"].iloc[2] == pytest.approx(p_values[2] * 5 / 4)
    unasked = plain[plain["metric_id"].isin(["a", "g"])]
    assert unasked[["q_value", "is_unexpected"]].isna().all(axis=None)
    other = plain[plain["experiment_id"] == "other"].iloc[0]
    assert other["q_value"] == other["p_value"]


def test_what_is_unexpected_depends_on_the_experiments_alpha() -> None:
    strict = one(arms(role="secondary", m_y=[10.0, 10.9], alpha=0.01))
    assert 0.01 < strict["q_value"] < 0.05
    assert (strict["is_unexpected"], one(arms(role="goal"))["p_adj"] < 0.05) == (False, True)


def test_rows_come_back_in_order_with_their_keys() -> None:
    looks = pd.concat([arms(as_of=day, n=n) for day, n in ((2, 50), (1, 25))])
    results = compare_variants(looks, ("experiment_id", "as_of"))
    assert list(results.columns) == ["experiment_id", "as_of", *RESULTS]
    assert list(results["as_of"]) == [2, 2, 1, 1]
    assert list(results["method"]) == ["unadjusted", "cuped"] * 2
    assert list(results["n_control"]) == [50, 50, 25, 25]
    assert compare_variants(looks.iloc[:0]).empty
    assert compare_variants(arms().iloc[:1]).empty


def test_mistakes_of_the_caller_are_named() -> None:
    with pytest.raises(ValueError, match="columns are missing: alpha, n"):
        compare_variants(arms().drop(columns=["alpha", "n"]))
    with pytest.raises(ValueError, match="a variant is there twice"):
        compare_variants(pd.concat([arms(), arms()]))
    with pytest.raises(ValueError, match="mt_method must be one of holm, bh, none, got fdr"):
        compare_variants(arms(mt_method="fdr"))
    assert one(arms(mt_method="none"))["p_adj"] == one(arms(mt_method=None))["p_value"]


ANY = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-100, 100),
    st.sampled_from([0.0, 1.0, -1.0, 5e-324, 1e-160, 1e160, -1.7e308]),
)
ARM = st.fixed_dictionaries(
    {
        **{f"{part}_{name}": ANY for part in ("shift", "m") for name in NAMES},
        **{f"c_{pair}": ANY for pair in PAIRS},
        **dict.fromkeys(("skew_y", "cap_upper", "q_hat", "q_low", "q_high", "margin"), ANY),
        "n": st.one_of(st.integers(0, 5), st.integers(20, 10**9)),
        "n_with_pre": st.integers(0, 5),
        "n_non_finite": st.just(0),
        "alpha": st.one_of(st.floats(0.001, 0.999), ANY),
        "seq_tuning_n": st.one_of(st.just(5000.0), ANY),
        "q": st.one_of(st.floats(0.01, 0.99), ANY),
        "metric_type": st.sampled_from(["mean", "proportion", "ratio", "quantile"]),
        "is_cuped": st.booleans(),
        "higher_is_better": st.booleans(),
    }
)


def check_finite(results: pd.DataFrame) -> None:
    for name in results.columns:
        if pd.api.types.is_numeric_dtype(results[name].dtype):
            values = results[name].astype("Float64")
            assert values.isna().sum() + np.isfinite(values.dropna().to_numpy(float)).sum() == len(
                results
            ), name
    assert results["status"].notna().all()
    done = results[results["status"] == "OK"]
    assert done[["diff", "se", "df", "p_value", "ci_low"]].notna().all(axis=None)


def compared(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> pd.DataFrame:
    """Every pair an experiment of its own."""
    rows = [
        arm | {"experiment_id": place, "variant": variant}
        for place, pair in enumerate(pairs)
        for variant, arm in zip(("control", "treatment"), pair, strict=True)
    ]
    statistics = pd.DataFrame(rows).assign(role="goal", control_variant="control")
    return compare_variants(statistics, ["experiment_id"], prior=LiftPrior(0, 0.3))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(ARM, ARM), min_size=1, max_size=5))
def test_no_number_is_ever_infinite_or_not_a_number(
    pairs: list[tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    check_finite(compared(pairs))


def test_nor_is_one_among_twenty_thousand_odd_arms() -> None:
    """Drawn of values at the edge of what a float can hold, and plain ones."""
    rng = np.random.default_rng(1)
    odd = np.array([0, 1, -1, 0.1, 5e-324, 1e-160, -1e-8, 1e8, 1e160, 1.7e308, np.nan, np.inf])
    count = 20_000
    columns = {name: odd[rng.choice(len(odd), count, p=[0.3, 0.3, *[0.04] * 10])] for name in (
        *(f"{part}_{name}" for part in ("shift", "m") for name in NAMES),
        *(f"c_{pair}" for pair in PAIRS), "skew_y", "cap_upper", "q_hat", "q_low", "q_high",
        "margin",
    )}  # fmt: skip
    statistics = pd.DataFrame(columns).assign(
        experiment_id=np.arange(count) // 2,
        variant=np.array(["control", "treatment"])[np.arange(count) % 2],
        control_variant="control",
        metric_type=rng.choice(["mean", "proportion", "ratio", "quantile"], count),
        role="secondary",
        alpha=rng.choice([0.05, 0.5, 1e-9, 2], count, p=[0.4, 0.3, 0.2, 0.1]),
        seq_tuning_n=rng.choice([5000, 1e-9, 0], count, p=[0.8, 0.1, 0.1]),
        q=rng.choice([0.5, 0.999, np.nan], count),
        n=rng.choice([0, 1, 2, 30, 10**9], count, p=[0.02, 0.04, 0.14, 0.4, 0.4]),
        n_with_pre=rng.choice([0, 1], count),
        n_non_finite=0,
        is_cuped=rng.random(count) < 0.8,
    )
    results = compare_variants(statistics, ["experiment_id"], prior=LiftPrior(0, 0.3))
    check_finite(results)
    assert (results["status"] == "OK").sum() > 500
    assert (results["cuped_status"] == "APPLIED").sum() > 50


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), ANY, ANY, ANY, ANY), min_size=1, max_size=60),
    st.sampled_from(["mean", "ratio", "quantile"]),
)
def test_no_units_make_a_number_infinite(
    rows: list[tuple[bool, float, float, float, float]], kind: str
) -> None:
    units = pd.DataFrame(rows, columns=["is_treated", "y", "d", "x", "e"]).assign(q=0.5)
    units["variant"] = np.where(units.pop("is_treated"), "treatment", "control")
    check_finite(compare_variants(statistics_of(units, metric_type=kind, is_cuped=True)))
