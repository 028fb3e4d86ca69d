"""Sufficient statistics: what NumPy and DuckDB compute, and parts that make up the whole."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import skew

from headwater.statistics.experiments.moments import NAMES, PAIRS
from headwater.statistics.experiments.sufficient import cap_bounds, merge, summarise

WHOLE = ("experiment_id", "metric_id", "variant")
PART = (*WHOLE, "segment_name", "segment_value")
NUMBERS = ["n", *(f"m_{name}" for name in NAMES), *(f"c_{pair}" for pair in PAIRS), "skew_y"]


def drawn(seed: int, n: int = 200, base: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.gamma(2, 3, n)
    return pd.DataFrame(
        {
            "experiment_id": "e",
            "metric_id": rng.choice(["m", "k"], n),
            "variant": rng.choice(["a", "b"], n),
            "segment_name": "s",
            "segment_value": rng.choice(["u", "v", "w"], n, p=[0.9, 0.08, 0.02]),
            "y": base + x + rng.normal(0, 1, n),
            "d": 1 + rng.poisson(3, n),
            "x": base + x,
            "e": 1 + rng.poisson(2, n),
        }
    )


def same(one: pd.DataFrame, other: pd.DataFrame, keys: tuple[str, ...] = WHOLE) -> None:
    one, other = (frame.set_index(list(keys)).sort_index() for frame in (one, other))
    assert list(one.columns) == list(other.columns)
    for name in NUMBERS:
        got, want = (f[name].to_numpy(dtype=float, na_value=np.nan) for f in (one, other))
        scale = np.sqrt(np.nan_to_num(other["c_yy"].to_numpy(dtype=float, na_value=0)))
        assert got == pytest.approx(want, rel=1e-9, abs=1e-11 * (1 + scale.max()), nan_ok=True), (
            name
        )


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_numpy_computes(seed: int) -> None:
    units = drawn(seed)
    for _, row in summarise(units, WHOLE).iterrows():
        arm = units[(units["variant"] == row["variant"]) & (units["metric_id"] == row["metric_id"])]
        shift = units.loc[units["metric_id"] == row["metric_id"], list(NAMES)].mean()
        covariance = np.cov(arm[list(NAMES)].T)
        assert row["n"] == row["n_with_pre"] == row["n_nonzero"] == len(arm)
        for place, name in enumerate(NAMES):
            assert row[f"shift_{name}"] == pytest.approx(shift[name])
            assert row[f"m_{name}"] == pytest.approx((arm[name] - shift[name]).mean(), abs=1e-12)
            for other, second in enumerate(NAMES):
                if name + second in PAIRS:
                    assert row[f"c_{name}{second}"] == pytest.approx(covariance[place, other])
        assert row["skew_y"] == pytest.approx(skew(arm["y"], bias=False))


def test_it_is_what_duckdb_computes() -> None:
    units = drawn(1, base=1e9)
    found = duckdb.sql(
        """
        with shifts as (select metric_id, avg(y) as s, avg(x) as sx from units group by 1)
        select
            'e' as experiment_id, metric_id, variant, favg(y - s) as m_y, var_samp(y - s) as c_yy,
            covar_samp(y - s, x - sx) as c_yx, skewness(y - s) as skew_y, any_value(s) as shift
        from units inner join shifts using (metric_id)
        group by all
        """
    ).df()
    ours = summarise(units, WHOLE).merge(found, on=list(WHOLE), suffixes=("", "_sql"))
    assert len(ours) == 4
    shifted = ours["m_y"] + (ours["shift_y"] - ours["shift"])
    assert shifted.to_numpy(float) == pytest.approx(ours["m_y_sql"].to_numpy(), abs=1e-6)
    for name in ("c_yy", "c_yx", "skew_y"):
        want = ours[f"{name}_sql"].to_numpy()
        assert ours[name].to_numpy(float) == pytest.approx(want, rel=1e-9)


def test_a_large_base_costs_no_digits() -> None:
    small, large = summarise(drawn(2), WHOLE), summarise(drawn(2, base=2.0**40), WHOLE)
    rounded = 2.0**-12  # what a float of this size cannot hold
    want = small["c_yy"].to_numpy(float)
    assert large["c_yy"].to_numpy(float) == pytest.approx(want, rel=10 * rounded)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 80), st.sampled_from([0.0, 1e6]))
def test_parts_make_up_the_whole_in_any_order(seed: int, n: int, base: float) -> None:
    units = drawn(seed, n, base)
    whole, parts = summarise(units, WHOLE), summarise(units, PART)
    same(merge(parts, WHOLE), whole)
    same(merge(parts.sample(frac=1, random_state=seed), WHOLE), whole)
    half = len(parts) // 2
    first = merge(parts.iloc[:half], WHOLE) if half else parts.iloc[:0]
    rest = merge(parts.iloc[half:], WHOLE)
    same(merge(pd.concat([first, rest])[rest.columns], WHOLE), whole)


def test_an_arm_without_units_adds_nothing() -> None:
    parts = summarise(drawn(3), PART)
    columns = {name: None for name in parts.columns if name[:2] in ("m_", "c_")}
    empty = parts.iloc[:1].assign(**columns).assign(n=0, n_non_finite=0, segment_value="z")
    same(merge(pd.concat([parts, empty.astype(parts.dtypes)]), WHOLE), merge(parts, WHOLE))


def test_parts_with_different_shifts_are_refused() -> None:
    parts = summarise(drawn(4), PART)
    with pytest.raises(ValueError, match="different shifts"):
        merge(parts.assign(shift_y=np.arange(len(parts))), WHOLE)


def test_parts_of_one_unit_have_no_variance_but_make_one() -> None:
    units = drawn(5, 3).assign(variant="a", metric_id="m", segment_value=list("uvw"))
    units["y"] = [1.0, 2.0, 6.0]
    parts = summarise(units, PART)
    assert parts["c_yy"].isna().all()
    assert parts["skew_y"].isna().all()
    whole = merge(parts, WHOLE).iloc[0]
    assert (whole["n"], whole["c_yy"]) == (3, pytest.approx(7))
    assert whole["skew_y"] == pytest.approx(skew([1, 2, 6], bias=False))


def test_what_is_not_finite_is_counted_and_spoils_its_arm_alone() -> None:
    units = drawn(6).assign(metric_id="m")
    units.loc[units.index[units["variant"] == "a"][:2], "y"] = [np.nan, np.inf]
    a, b = (row for _, row in summarise(units, WHOLE).sort_values("variant").iterrows())
    assert (a["n_non_finite"], b["n_non_finite"]) == (2, 0)
    assert pd.isna(a["m_y"])
    clean = units[units["variant"] == "b"]
    assert b["c_yy"] == pytest.approx(clean["y"].var())
    assert np.isfinite(a["shift_y"])
    assert a["n_nonzero"] == a["n"] - 2


def test_who_has_a_pre_period_may_be_said() -> None:
    units = drawn(7).assign(has_pre=lambda rows: rows["x"] > 5)
    assert summarise(units, ["experiment_id"])["n_with_pre"][0] == units["has_pre"].sum()
    without = summarise(units.drop(columns=["x", "e", "d", "has_pre"]), ["experiment_id"]).iloc[0]
    assert (without["n_with_pre"], without["n_non_finite"]) == (0, 0)
    assert pd.isna(without["m_x"])
    assert (without["shift_d"], without["c_dd"]) == (1, 0)


def test_quantiles_are_interpolated_as_numpy_does() -> None:
    units = drawn(8).assign(q=0.3)
    for _, row in summarise(units, WHOLE).iterrows():
        arm = units[(units["variant"] == row["variant"]) & (units["metric_id"] == row["metric_id"])]
        half = 1.959963984540054 * np.sqrt(0.3 * 0.7 / len(arm))
        want = np.quantile(arm["y"], [0.3, 0.3 - half, 0.3 + half])
        assert row[["q_hat", "q_low", "q_high"]].to_numpy(float) == pytest.approx(want)
    few = summarise(units.iloc[:2].assign(metric_id="m", variant="a"), WHOLE).iloc[0]
    assert pd.isna(few["q_low"])
    assert few["q_hat"] == pytest.approx(np.quantile(units["y"].iloc[:2], 0.3))


def test_caps_come_from_all_that_is_finite() -> None:
    values = np.array([0.0, 0.0, 1.0, 2.0, 3.0, np.nan, np.inf])
    assert cap_bounds(values, 0.25, 0.75) == (0.0, 2.0)
    assert cap_bounds(values, upper=0.5, ignore_zeros=True) == (None, 2.0)
    assert cap_bounds(np.array([0.0]), 0.1, 0.9, ignore_zeros=True) == (None, None)
    units = drawn(9).assign(cap_upper=5.0, cap_lower=np.nan, metric_id="m")
    parts = summarise(units, PART)
    assert (merge(parts, WHOLE)["cap_upper"] == 5).all()
    parts["cap_upper"] = np.arange(len(parts), dtype=float)
    assert merge(parts, ["experiment_id"])["cap_upper"].isna().all()


def test_nothing_is_summarised_to_nothing() -> None:
    empty = summarise(drawn(1).iloc[:0])
    assert empty.empty
    assert merge(empty).empty
    with pytest.raises(ValueError, match="columns are missing: y"):
        summarise(drawn(1).drop(columns="y"))
