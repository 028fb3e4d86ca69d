"""Units and days to plan for, and what changed from before to after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.stats import ttest_rel
from statsmodels.stats.power import NormalIndPower

from headwater.statistics.experiments.before_after import before_and_after
from headwater.statistics.experiments.comparison import compare_variants
from headwater.statistics.experiments.planning import (
    daily_units,
    detectable_effect,
    plan,
    units_needed,
)
from headwater.statistics.experiments.sufficient import summarise

PLAN = {"mean": 10.0, "variance": 25.0, "relative_effect": 0.05, "alpha": 0.05, "power": 0.8,
        "daily_units": 100.0}  # fmt: skip


def planned(**changes: Any) -> pd.Series:
    return plan(pd.DataFrame([PLAN | changes])).iloc[0]


@pytest.mark.parametrize(("effect", "ratio"), [(0.01, 1.0), (0.05, 0.25), (0.2, 3.0)])
def test_units_are_those_of_statsmodels(effect: float, ratio: float) -> None:
    """Which takes the effect in standard deviations; its power has both tails, hence 1e-3."""
    want = NormalIndPower().solve_power(effect * 10 / 5, None, 0.05, 0.8, ratio)
    row = planned(relative_effect=effect, ratio=ratio)
    assert row["n_control"] == pytest.approx(want, abs=1 + 1e-3 * want)
    assert row["n_treatment"] == np.ceil(row["n_control"] * ratio)


def test_a_plan_worked_by_hand() -> None:
    """(1.96 + .8416) ** 2 * 50 / .5 ** 2 = 1569.8; two treatments and the control: 4710 units."""
    row = planned(treatment_count=2, units_so_far=1000)
    assert (row["n_control"], row["n_treatment"], row["n_total"]) == (1570, 1570, 4710)
    assert (row["days"], row["status"]) == (38, "OK")
    assert planned(variance_reduction=0.5)["n_control"] == 785
    assert planned(variance_treatment=75.0)["n_control"] == 3140
    assert planned(units_so_far=1e6)["days"] == 0
    assert planned(mean=-10.0)["n_control"] == 1570


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"mean": 0.0}, "BASELINE_ZERO"),
        ({"variance": 0.0}, "ZERO_VARIANCE"),
        ({"daily_units": 0.0}, "NO_TRAFFIC"),
        ({"daily_units": None}, "NO_TRAFFIC"),
        ({"relative_effect": 0.0}, "INVALID_CONFIG"),
        ({"alpha": 1.0}, "INVALID_CONFIG"),
        ({"power": 0.0}, "INVALID_CONFIG"),
        ({"variance": -1.0}, "INVALID_CONFIG"),
        ({"variance": None}, "INVALID_CONFIG"),
        ({"variance": np.inf}, "INVALID_CONFIG"),
        ({"variance_reduction": 1.0}, "INVALID_CONFIG"),
        ({"ratio": 0.0}, "INVALID_CONFIG"),
        ({"treatment_count": 0}, "INVALID_CONFIG"),
        ({"units_so_far": -1}, "INVALID_CONFIG"),
    ],
)
def test_a_plan_that_cannot_be_made_says_why(changes: dict[str, Any], status: str) -> None:
    row = planned(**changes)
    assert row["status"] == status
    assert pd.isna(row["days"])
    assert pd.isna(row["n_total"]) == (status != "NO_TRAFFIC")


def test_the_detectable_effect_is_the_inverse() -> None:
    given = {
        "variance_control": np.array([25.0]), "variance_treatment": np.array([30.0]),
        "alpha": np.array([0.05]), "power": np.array([0.9]), "ratio": np.array([2.0]),
    }  # fmt: skip
    mean = np.array([-10.0])
    n = units_needed(mean, relative_effect=np.array([0.03]), **given)
    assert detectable_effect(mean, n_control=n, **given) == pytest.approx([0.03])


def test_traffic_is_that_of_the_last_seven_days() -> None:
    assert daily_units(np.array([1e6, 1, 2, 3, 4, 5, 6, 7.0])) == 4
    assert daily_units(np.array([2.0, 4.0])) == 3
    assert daily_units(np.array([])) == 0


KEYS = {"experiment_id": "e", "metric_id": "m", "segment_name": "s", "segment_value": "v"}


def drawn(seed: int = 1, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    before = rng.gamma(3, 4, n)
    variant = np.where(np.arange(n) % 2, "treatment", "control")
    after = 2 + before + rng.normal(0, 3, n) + (variant == "treatment")
    units = pd.DataFrame({"variant": variant, "y": after, "x": before})
    units["d"], units["e"] = 1.0 + rng.poisson(2, n), 1.0 + rng.poisson(2, n)
    return units


def changed(units: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    settings = {"metric_type": "mean", "alpha": 0.05, "control_variant": "control"}
    return before_and_after(summarise(units.assign(**KEYS)).assign(**(settings | changes)))


@pytest.mark.parametrize("seed", range(6))
def test_a_change_is_a_paired_test(seed: int) -> None:
    units = drawn(seed)
    own = units[units["variant"] == "control"]
    want = ttest_rel(own["y"], own["x"])
    interval = want.confidence_interval(0.95)
    row = changed(units).set_index("variant").loc["control"]
    assert row["change"] == pytest.approx(own["y"].mean() - own["x"].mean())
    assert row["change_p_value"] == pytest.approx(want.pvalue)
    assert (row["change_low"], row["change_high"]) == pytest.approx((interval.low, interval.high))
    assert row["relative_change"] == pytest.approx(row["change"] / own["x"].mean())
    assert row["relative_change_low"] < row["relative_change"] < row["relative_change_high"]
    assert not row["is_causal"]
    assert pd.isna(row["effect_status"])


@pytest.mark.parametrize("seed", range(6))
def test_an_effect_is_a_difference_in_differences(seed: int) -> None:
    units = drawn(seed)
    row = changed(units).set_index("variant").loc["treatment"]
    changes = units.assign(change=units["y"] - units["x"])
    want = smf.ols("change ~ variant", changes).fit(cov_type="HC2")
    assert row["effect"] == pytest.approx(want.params.iloc[1])
    assert row["effect_se"] == pytest.approx(want.bse.iloc[1])
    assert (row["is_causal"], row["effect_status"]) == (True, "OK")
    assert row["effect_low"] < row["effect"] < row["effect_high"]


def test_windows_of_different_length_are_compared_per_day() -> None:
    units = drawn()
    plain = changed(units.assign(y=units["y"] / 7, x=units["x"] / 14))
    scaled = changed(units, after_days=7, before_days=14)
    for name in ("change", "change_se", "relative_change", "effect", "effect_se", "mean_before"):
        assert scaled[name].to_numpy(float)[1] == pytest.approx(plain[name].to_numpy(float)[1])


def test_a_ratio_changes_too() -> None:
    units = drawn()
    row = changed(units, metric_type="ratio").iloc[0]
    own = units[units["variant"] == "control"]
    assert row["mean_before"] == pytest.approx(own["x"].sum() / own["e"].sum())
    assert row["change"] == pytest.approx(own["y"].sum() / own["d"].sum() - row["mean_before"])


def test_without_a_control_nothing_is_causal() -> None:
    for control in (None, "other"):
        found = changed(drawn(), control_variant=control)
        assert list(found["effect_status"]) == ["NO_CONTROL"] * 2
        assert not found["is_causal"].any()
        assert found["effect"].isna().all()
        assert found["change"].notna().all()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"alpha": 0.0}, "INVALID_CONFIG"),
        ({"metric_type": "quantile"}, "INVALID_CONFIG"),
        ({"metric_type": None}, "INVALID_CONFIG"),
        ({"metric_type": "proportion", "after_days": 7}, "INVALID_CONFIG"),
        ({"after_days": 0}, "INVALID_CONFIG"),
        ({"n": 0}, "NO_UNITS"),
        ({"n_non_finite": 1}, "NON_FINITE_INPUT"),
        ({"m_y": None}, "NON_FINITE_INPUT"),
        ({"n_with_pre": 0}, "NO_PRE_DATA"),
        ({"m_x": None}, "NO_PRE_DATA"),
        ({"n": 1}, "INSUFFICIENT_UNITS"),
        ({"metric_type": "ratio", "m_e": 0.0, "shift_e": 0.0, "c_ee": 0.0}, "ZERO_DENOMINATOR"),
        ({"c_yy": 1.0, "c_xx": 1.0, "c_yx": 1.0}, "ZERO_VARIANCE"),
        ({"c_xx": 1.7e308, "c_yy": 1.7e308, "c_yx": -1.7e308}, "NON_FINITE_INPUT"),
    ],
)
def test_a_change_that_cannot_be_tested_says_why(changes: dict[str, Any], status: str) -> None:
    found = changed(drawn(), **changes)
    assert list(found["status"]) == [status] * 2
    assert found["change_se"].isna().all()
    assert found["change"].notna().all() == (status == "ZERO_VARIANCE")
    assert found["effect_status"][1] == status
    assert found["effect"].isna().all()


def test_arms_that_change_alike_by_unit_have_no_error() -> None:
    """The change varies in neither arm by itself, so nor does their difference."""
    units = drawn()
    units["y"] = units["x"] + 3
    assert list(changed(units)["effect_status"].fillna("")) == ["", "ZERO_VARIANCE"]


def test_mistakes_of_the_caller_are_named() -> None:
    statistics = summarise(drawn().assign(**KEYS)).assign(
        metric_type="mean", alpha=0.05, control_variant="control"
    )
    with pytest.raises(ValueError, match="a variant is there twice"):
        before_and_after(pd.concat([statistics, statistics]))
    with pytest.raises(ValueError, match="columns are missing: alpha"):
        before_and_after(statistics.drop(columns="alpha"))
    with pytest.raises(ValueError, match="columns are missing: mean"):
        plan(pd.DataFrame({"variance": [1.0]}))
    assert before_and_after(statistics.iloc[:0]).empty
    # the same differences as CUPED makes with theta 1
    assert len(compare_variants(statistics.assign(role="goal", seq_tuning_n=5000))) == 2
