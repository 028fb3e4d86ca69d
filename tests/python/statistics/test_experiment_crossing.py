"""Experiments that run at the same time: by statsmodels, by hand, and by a planted interaction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.stats import t
from statsmodels.stats.multitest import multipletests

from headwater.statistics.experiments.comparison import compare_variants
from headwater.statistics.experiments.crossing import crossed_effects
from headwater.statistics.experiments.sufficient import summarise

SEEDS = range(8)
CONFIGURATION = {"control_variant": "control", "metric_type": "mean", "role": "goal", "alpha": 0.05,
                 "seq_tuning_n": 5000}  # fmt: skip
CONTROLS = {"one": "control", "other": "grey"}


def drawn(rng: np.random.Generator, size: int = 200, interaction: float = 0.0) -> pd.DataFrame:
    """Units in `one` and in `other`; both do something, and together so much more."""
    in_one, in_other = (rng.random(size) < share for share in (0.4, 0.6))
    before = rng.gamma(2, 2, size)
    noise = rng.normal(0, 1 + in_one + 2 * in_other)
    return pd.DataFrame(
        {
            "experiment_id": "one", "metric_id": "m", "segment_name": "other",
            "variant": np.where(in_one, "b", "control"),
            "segment_value": np.where(in_other, "blue", "grey"),
            "x": before,
            "y": before + in_one + 2 * in_other + interaction * (in_one & in_other) + noise,
        }
    )  # fmt: skip


def crossed(units: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    return crossed_effects(summarise(units).assign(**(CONFIGURATION | changes)), CONTROLS)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_the_interaction_of_a_regression(seed: int) -> None:
    """HC2 errors are those of Welch where every cell has a mean of its own."""
    units = drawn(np.random.default_rng(seed), interaction=3)
    row = crossed(units).iloc[0]
    in_both = units.assign(b=units["variant"] == "b", blue=units["segment_value"] == "blue")
    fit = smf.ols("y ~ b * blue", in_both.astype({"b": float, "blue": float})).fit(cov_type="HC2")
    assert row["reference_diff"] == pytest.approx(fit.params["b"])
    assert row["diff"] == pytest.approx(fit.params["b"] + fit.params["b:blue"])
    assert row["difference"] == pytest.approx(fit.params["b:blue"])
    assert row["se"] == pytest.approx(fit.bse["b:blue"])
    cells = units.groupby(["variant", "segment_value"])["y"]
    share, freedom = cells.var() / cells.size(), cells.size() - 1
    df = share.sum() ** 2 / (share**2 / freedom).sum()
    assert row["df"] == pytest.approx(df)
    assert row["p_value"] == pytest.approx(2 * t.sf(abs(fit.tvalues["b:blue"]), df))
    assert (row["status"], row["n"], row["segment_value"]) == ("OK", 200, "blue")


def test_its_interval_is_of_the_experiments_own_alpha() -> None:
    units = drawn(np.random.default_rng(3))
    for alpha in (0.05, 0.2):
        row = crossed(units, alpha=alpha).iloc[0]
        wanted = t.interval(1 - alpha, row["df"], row["difference"], row["se"])
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(wanted)


def test_the_time_before_makes_it_sharper() -> None:
    units = drawn(np.random.default_rng(4))
    statistics = summarise(units).assign(**CONFIGURATION, is_cuped=True)
    results = compare_variants(statistics)
    cells = results[results["method"] == "cuped"].set_index("segment_value")
    row = crossed(units, is_cuped=True).iloc[0]
    assert row["difference"] == pytest.approx(cells.loc["blue", "diff"] - cells.loc["grey", "diff"])
    error = (cells.loc["blue", "se"] ** 2 + cells.loc["grey", "se"] ** 2) ** 0.5
    assert row["se"] == pytest.approx(error)
    assert error < 0.9 * crossed(units).iloc[0]["se"]


def test_each_experiment_has_a_control_of_its_own() -> None:
    """What is called `control` in one is a treatment of the other, and the other way round."""
    units = drawn(np.random.default_rng(5))
    turned = units.assign(
        experiment_id="other",
        segment_name="one",
        variant=units["segment_value"].replace("blue", "control"),
        segment_value=units["variant"],
    )
    statistics = summarise(pd.concat([units, turned])).assign(**CONFIGURATION)
    statistics["control_variant"] = statistics["experiment_id"].map(CONTROLS)
    found = crossed_effects(statistics, CONTROLS).set_index("experiment_id")
    assert found["treatment"].to_dict() == {"one": "b", "other": "control"}
    assert found["segment_value"].to_dict() == {"one": "blue", "other": "b"}
    # the difference of differences is the same from either side
    same = ["difference", "se", "df", "p_value", "n"]
    assert found.loc["one", same].to_list() == pytest.approx(found.loc["other", same].to_list())


def test_false_finds_are_as_rare_as_promised_and_a_planted_one_is_found() -> None:
    """500 pairs that let each other be, and one that does not."""
    rng = np.random.default_rng(11)
    parts = [drawn(rng).assign(metric_id=f"m{number}") for number in range(500)]
    parts.append(drawn(rng, 2_000, interaction=2).assign(metric_id="planted"))
    found = crossed(pd.concat(parts))
    p_values = found["p_value"].to_numpy(float)
    assert 0.03 < (p_values[:500] < 0.05).mean() < 0.07
    wanted = multipletests(p_values, method="fdr_bh")[1]
    assert found["q_value"].to_numpy(float) == pytest.approx(wanted)
    assert set(found["family_size"]) == {501}
    assert list(found["metric_id"][found["q_value"] < 0.05]) == ["planted"]
    planted = found.iloc[-1]
    assert planted["ci_low"] < 2 < planted["ci_high"]


def test_what_cannot_be_compared_says_why_and_is_no_hypothesis() -> None:
    units = drawn(np.random.default_rng(6))
    alone = units[(units["variant"] == "control") | (units["segment_value"] == "blue")]
    flat = units.assign(metric_id="flat", y=np.where(units["segment_value"] == "blue", 1, units.y))
    statistics = summarise(pd.concat([units, alone.assign(metric_id="alone"), flat]))
    nobody = statistics[statistics["variant"].eq("b") & statistics["metric_id"].eq("m")]
    nobody = nobody[nobody["segment_value"] == "grey"].assign(metric_id="alone", n=0)
    rows = pd.concat([statistics, nobody]).assign(**CONFIGURATION)
    found = crossed_effects(rows, CONTROLS).set_index("metric_id")
    assert found["status"].to_dict() == {
        "m": "OK", "alone": "NO_TREATMENT_UNITS", "flat": "ZERO_VARIANCE",
    }  # fmt: skip
    assert found.loc["alone", "n"] == len(alone)
    assert found.loc[["alone", "flat"], ["difference", "p_value", "q_value"]].isna().all(axis=None)
    assert found.loc["m", "family_size"] == 1
    assert crossed_effects(rows.iloc[:0], CONTROLS).empty
