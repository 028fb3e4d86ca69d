"""Units and days to plan for, and what changed from before to after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.stats import ttest_rel
from statsmodels.stats.power import NormalIndPower, normal_power

from headwater.statistics.experiments.before_after import before_and_after
from headwater.statistics.experiments.comparison import compare_variants
from headwater.statistics.experiments.planning import (
    baselines,
    daily_units,
    days_to_find,
    detectable_effect,
    effects_by_day,
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


# Of 10,000 units in a week and 16,000 in two; afterwards 500 more a day.
RUNS = pd.DataFrame(
    {"run_days": [14, 7], "n": [16_000, 10_000], "mean": [12.0, 10.0], "variance": [36.0, 25.0],
     "daily_units": [500.0, 1400.0]}
)  # fmt: skip


def found_after(**design: Any) -> pd.Series:
    given = {"relative_effect": 0.05, "alpha": 0.05, "power": 0.8}
    return days_to_find(RUNS, pd.DataFrame([given | design])).iloc[0]


def test_days_worked_by_hand() -> None:
    """(1.96 + .8416) ** 2 * 2 is 15.698: times 25 / .5 ** 2, 25 / .3 ** 2 and 36 / .12 ** 2."""
    week = found_after()
    assert (week["days"], week["n_total"], week["run_days"]) == (7, 2 * 1570, 7)
    assert found_after(relative_effect=0.03)["n_total"] == 2 * 4361
    longer = found_after(relative_effect=0.025)
    # 25 / .25 ** 2 needs 12,560 of 10,000 in a week; 36 / .3 ** 2 needs 12,560 of 16,000 in two
    assert (longer["days"], longer["n_total"], longer["mean"]) == (14, 2 * 6280, 12)
    far = found_after(relative_effect=0.01)
    assert far["n_control"] == 39_245
    assert far["days"] == 14 + np.ceil((2 * 39_245 - 16_000) / 500)
    assert found_after(relative_effect=0.01, treatment_count=2)["days"] == 14 + np.ceil(
        (3 * 39_245 - 16_000) / 500
    )


def test_days_of_a_run_that_was_enough_need_no_more_traffic() -> None:
    still = RUNS.assign(daily_units=0.0)
    designs = pd.DataFrame({"relative_effect": [0.01, 0.05], "alpha": 0.05, "power": 0.8})
    rows = days_to_find(still, designs)
    assert list(rows["status"]) == ["NO_TRAFFIC", "OK"]
    assert pd.isna(rows["days"][0])
    assert rows["days"][1] == 7


def test_adjustment_is_that_of_each_run() -> None:
    adjusted = RUNS.assign(variance_reduction=[0.5, 0.0])
    designs = pd.DataFrame({"relative_effect": [0.01], "alpha": 0.05, "power": 0.8})
    (row,) = days_to_find(adjusted, designs).to_dict("records")
    assert row["n_control"] == 19_623
    assert row["days"] == 14 + np.ceil((2 * 19_623 - 16_000) / 500)


@pytest.mark.parametrize(("ratio", "treatments", "power"), [(1.0, 1, 0.8), (0.25, 3, 0.9)])
def test_the_effect_of_a_length_has_the_power_that_statsmodels_says(
    ratio: float, treatments: int, power: float
) -> None:
    """Which adds the other tail: 1e-4 at most."""
    found = effects_by_day(
        RUNS, alpha=0.05, power=power, ratio=ratio, treatments=treatments, until=30
    )
    assert list(found["days"]) == [7, 14, 21, 28]
    assert list(found["n"]) == [10_000, 16_000, 19_500, 23_000]
    assert list(found["is_extrapolated"]) == [False, False, True, True]
    for row, deviation in zip(found.itertuples(), (10 / 5, 12 / 6, 12 / 6, 12 / 6), strict=True):
        control = row.n / (1 + ratio * treatments)
        units = 1 / (1 / control + 1 / (control * ratio))
        assert normal_power(row.effect * deviation, units, 0.05) == pytest.approx(power, abs=1e-4)


def test_days_and_effects_are_each_others_inverse() -> None:
    found = effects_by_day(RUNS, alpha=0.05, power=0.8, ratio=1, treatments=1, until=70)
    for row in found.itertuples():
        assert found_after(relative_effect=row.effect * 1.0001)["days"] <= row.days
        assert found_after(relative_effect=row.effect * 0.99)["days"] > row.days


@pytest.mark.parametrize("kind", ["mean", "ratio", "proportion"])
def test_a_baseline_is_that_of_the_units(kind: str) -> None:
    units = drawn(3, 400).assign(variant="all")
    if kind == "proportion":
        units["y"], units["x"] = 1.0 * (units["y"] > 12), 1.0 * (units["x"] > 12)
    statistics = summarise(units.assign(**KEYS)).assign(metric_type=kind)
    (row,) = baselines(statistics, ("metric_id",)).to_dict("records")
    after, before = units["y"], units["x"]
    if kind == "ratio":
        mean = after.sum() / units["d"].sum()
        after = (after - mean * units["d"]) / units["d"].mean()
        before = before - before.sum() / units["e"].sum() * units["e"]
        assert row["mean"] == pytest.approx(mean)
    else:
        assert row["mean"] == pytest.approx(after.mean())
    assert row["standard_deviation"] == pytest.approx(after.std())
    assert row["variance_reduction"] == pytest.approx(np.corrcoef(after, before)[0, 1] ** 2)
    assert (row["status"], row["n"]) == ("OK", 400)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"metric_type": "median"}, "INVALID_CONFIG"),
        ({"metric_type": "quantile"}, "QUANTILE"),
        ({"n": 0}, "NO_UNITS"),
        ({"n": 1}, "INSUFFICIENT_UNITS"),
        ({"n_non_finite": 2}, "NON_FINITE_INPUT"),
        ({"metric_type": "ratio", "m_d": 0.0, "shift_d": 0.0, "c_dd": 0.0}, "ZERO_DENOMINATOR"),
        ({"metric_type": "ratio", "c_yy": 1e308, "m_d": 1e-3, "shift_d": 0.0}, "NON_FINITE_INPUT"),
    ],
)
def test_a_baseline_that_cannot_be_told_says_why(changes: dict[str, Any], status: str) -> None:
    units = drawn().assign(variant="all", **KEYS)
    statistics = summarise(units).assign(**({"metric_type": "mean"} | changes))
    (row,) = baselines(statistics, ("metric_id",)).to_dict("records")
    assert row["status"] == status
    assert pd.isna(row["mean"])
    assert pd.isna(row["standard_deviation"])


def test_a_time_before_that_says_nothing_reduces_nothing() -> None:
    units = drawn().assign(variant="all", x=0.0, **KEYS)
    statistics = summarise(units).assign(metric_type="mean")
    assert list(baselines(statistics, ("metric_id",))["variance_reduction"]) == [0]


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
    with pytest.raises(ValueError, match="there is no run"):
        days_to_find(RUNS.iloc[:0], pd.DataFrame())
    design: dict[str, Any] = {
        "alpha": 0.05, "power": 0.8, "ratio": 1, "treatments": 1, "until": 0
    }  # fmt: skip
    with pytest.raises(ValueError, match="there is no run"):
        effects_by_day(RUNS.iloc[:0], **design)
    with pytest.raises(ValueError, match="columns are missing: daily_units"):
        effects_by_day(RUNS.drop(columns="daily_units"), **design)
    assert before_and_after(statistics.iloc[:0]).empty
    # the same differences as CUPED makes with theta 1
    assert len(compare_variants(statistics.assign(role="goal", seq_tuning_n=5000))) == 2
