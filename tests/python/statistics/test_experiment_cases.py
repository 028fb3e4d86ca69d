"""All shared reference cases, whose numbers independent packages confirm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headwater.statistics.experiments.comparison import compare_variants
from headwater.statistics.experiments.sample_ratio import sample_ratio
from headwater.statistics.experiments.segments import heterogeneity, segment_mix
from headwater.statistics.experiments.sufficient import cap_bounds, merge, summarise

PROJECT = Path(__file__).resolve().parents[3]
CASES = PROJECT.parent / "shared" / "cases" / "experiments"
DEFAULTS = {"segment_name": "__all__", "segment_value": "__all__"}
OVERALL = "__all__"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared")

NAMES = {"mde_abs_80": "mde_abs", "mde_rel_80": "mde_rel"}
OF_LIFT = {"lift", "lift_se", "lift_ci_low", "lift_ci_high", "lift_delta_ci_low", "mde_rel_80"}
OF_DIFFERENCE = {"diff", "ci_low", "ci_high", "seq_ci_low", "seq_ci_high"}
# The cases do not compute these; they are worked by hand in test_experiment_comparison.
NOT_IN_CASES = {"SKEWED_SMALL_N", "SMALL_COUNTS", "CAP_AT_ZERO"}


def read(case: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return tuple(
        json.loads((CASES / case / name).read_text("utf-8"))
        for name in ("case.json", "expected.json")
    )


def units_of(case: str, rows: pd.DataFrame, metric: dict[str, Any]) -> pd.DataFrame:
    """y, d, x, e by the rules of the case's README."""
    units = pd.DataFrame({"variant": rows["variant"].array})
    for ours, theirs in {"y": "num", "d": "den", "x": "pre_num", "e": "pre_den"}.items():
        if theirs in metric:
            units[ours] = rows[metric[theirs]].to_numpy(dtype=float)
    if "x" in units:
        units["has_pre"] = units["x"].notna()
        units["x"] = units["x"].fillna(0)
    if case == "19_non_finite" and metric["name"] == "has_null":
        units["y"] = units["y"].fillna(0)
    low, high = cap_bounds(
        units["y"].to_numpy(),
        metric.get("cap_lower_q"),
        metric.get("cap_upper_q"),
        ignore_zeros=metric.get("cap_ignore_zeros", False),
    )
    high = metric.get("cap_upper", high)
    units["y"] = units["y"].clip(low, high)
    units["cap_lower"], units["cap_upper"] = (np.nan if cap is None else cap for cap in (low, high))
    return units.assign(q=metric.get("q", np.nan), metric_id=metric["name"], experiment_id=case)


def configured(statistics: pd.DataFrame, case: dict[str, Any]) -> pd.DataFrame:
    """Statistics with their configuration, and a row for each arm that has no units."""
    metrics = pd.DataFrame(case["metrics"]).rename(columns={"name": "metric_id"})
    metrics["metric_type"] = metrics["type"].replace("cluster_mean", "ratio")
    metrics["is_cuped"] = metrics["pre_num"].notna() if "pre_num" in metrics else False
    metrics = metrics.drop(columns=["type", *metrics.columns.intersection(["cap_upper", "num"])])
    metrics = metrics.drop(columns=metrics.columns.intersection(["q_hat", "den", "pre_den"]))
    whole = statistics[statistics["segment_value"] == OVERALL]
    declared = pd.MultiIndex.from_product(
        [whole["metric_id"].unique(), case["variants"]], names=["metric_id", "variant"]
    ).to_frame(index=False)
    absent = declared.merge(whole, how="left", on=["metric_id", "variant"])
    absent = absent[absent["n"].isna()].assign(n=0, n_non_finite=0, experiment_id=case["case"])
    rows = pd.concat([statistics, absent.assign(**DEFAULTS)[statistics.columns]])
    return rows.merge(metrics, on="metric_id").assign(
        control_variant=case["control"],
        role="goal",
        alpha=case["alpha"],
        seq_tuning_n=case.get("seq_tuning", 5000),
    )


def statistics_of(name: str) -> tuple[dict[str, Any], dict[str, Any], pd.DataFrame]:
    case, expected = read(name)
    rows = pd.read_csv(CASES / name / "data.csv")
    parts = []
    for metric in case["metrics"]:
        units = units_of(name, rows, metric)
        if "segment" in case:
            units = units.assign(segment_name="segment", segment_value=rows["segment"].array)
        elif "days" in case:
            units = units.assign(segment_name="day", segment_value=rows["day"].array)
        else:
            units = units.assign(**DEFAULTS)
        parts.append(summarise(units))
    return case, expected, pd.concat(parts)


def clean(value: Any) -> Any:
    return None if pd.isna(value) else value


def check(row: pd.Series, expected: dict[str, Any], tolerance: float = 1e-9) -> None:
    """By the comparison rule of the cases' README."""
    row = row.map(clean)
    if row["lift"] is not None:
        margin = (row["ci_high"] - row["ci_low"]) / 2 / row["se"] * row["lift_se"]
        row["lift_delta_ci_low"] = row["lift"] - margin
        row["lift_delta_ci_high"] = row["lift"] + margin
    for field, want in expected.items():
        if field in ("cap_status", "cap_ignore_zeros") or field.startswith(("frac_", "bound_")):
            continue
        got = row.get(NAMES.get(field, field))
        if field == "warnings":
            assert set(got.split(",")) - NOT_IN_CASES - {""} == set(want)
        elif want is None or isinstance(want, str | bool):
            assert got == want, field
        else:
            scale = 0.0
            if field in OF_DIFFERENCE:
                scale = 1e-3 * (row["se"] or 0)
            elif field in OF_LIFT:
                scale = 1e-3 * (row["lift_se"] or 0)
            elif field == "t_stat":
                scale = 1e-3
            assert abs(got - want) <= tolerance * max(abs(want), scale), (field, got, want)


PLAIN = [
    "01_mean", "02_revenue_heavy_tail", "03_conversion", "04_ratio", "05_cuped_strong",
    "06_cuped_weak", "07_cuped_missing_pre", "08_five_variants", "10_tiny_n", "11_zero_variance",
    "12_cancellation", "13_baseline", "14_ratio_zero_den", "15_segments_simpson",
    "15b_segments_interaction", "16_noninferiority", "18_winsorize", "19_non_finite",
]  # fmt: skip


def readouts(case: dict[str, Any], statistics: pd.DataFrame) -> pd.DataFrame:
    if "segment" in case:
        whole = merge(statistics.assign(**DEFAULTS))
        statistics = pd.concat([statistics, whole])
    return compare_variants(configured(statistics, case))


def rows_by_name(results: pd.DataFrame) -> dict[str, pd.Series]:
    rows = {}
    for _, row in results.iterrows():
        name = f"{row['metric_id']}|{row['treatment']}|{row['method']}"
        rows[name if row["segment_value"] == OVERALL else f"{name}|{row['segment_value']}"] = row
    return rows


@pytest.mark.parametrize("name", PLAIN)
def test_a_case_is_as_independent_packages_have_it(name: str) -> None:
    case, expected, statistics = statistics_of(name)
    rows = rows_by_name(readouts(case, statistics))
    assert expected["comparisons"]
    for key, comparison in expected["comparisons"].items():
        want = comparison["expected"]
        if key.startswith("latency|"):
            # The case says how probable a higher latency is, the specification's formula a better.
            want["prob_beat_control"] = 1 - want["prob_beat_control"]
        check(rows[key], want)


def test_each_day_of_a_running_experiment_has_its_own_interval() -> None:
    case, expected, statistics = statistics_of("20_sequential")
    for day in range(1, case["days"] + 1):
        until = merge(statistics[statistics["segment_value"] <= day].assign(**DEFAULTS))
        results = compare_variants(configured(until, case))
        check(results.iloc[0], expected["comparisons"][f"y|t1|unadjusted|day{day}"]["expected"])


@pytest.mark.parametrize(("method", "field"), [("holm", "p_holm"), ("bh", "p_bh")])
def test_a_family_is_all_goals_and_treatments(method: str, field: str) -> None:
    case, expected, statistics = statistics_of("08_five_variants")
    results = compare_variants(configured(statistics, case).assign(mt_method=method))
    rows = rows_by_name(results)
    for key, want in expected["family_or_segments"].items():
        assert rows[key]["p_adj"] == pytest.approx(want[field], rel=1e-9)
        assert rows[key]["family_size"] == want["family_size"]


@pytest.mark.parametrize("name", ["15_segments_simpson", "15b_segments_interaction"])
def test_segments_differ_as_much_as_they_should(name: str) -> None:
    case, expected, statistics = statistics_of(name)
    found = heterogeneity(readouts(case, statistics))
    row = found[found["method"] == "unadjusted"].iloc[0]
    mix = segment_mix(statistics).iloc[0]
    want = expected["family_or_segments"]
    assert mix["p_value"] == pytest.approx(want["segment_mix_p_value"], rel=1e-9)
    assert mix["is_imbalanced"] == want["segment_mix_imbalanced"]
    assert row["is_simpson"] == want["simpson"]
    for field in set(want) - {"segment_mix_p_value", "segment_mix_imbalanced", "simpson"}:
        assert row[field] == pytest.approx(want[field], rel=1e-9), field


def test_units_are_split_as_they_should() -> None:
    _, expected = read("09_srm")
    counts = pd.read_csv(CASES / "09_srm" / "data.csv").assign(srm_alpha=0.001)
    rows = sample_ratio(counts, keys=["scenario"]).set_index("scenario")
    assert set(rows.index) == set(expected["expected"])
    for scenario, want in expected["expected"].items():
        for field, value in want.items():
            got = clean(rows.loc[scenario, field])
            assert got == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


def test_quantiles_have_the_interval_of_their_order_statistics() -> None:
    case, expected, statistics = statistics_of("17_quantile")
    results = compare_variants(configured(statistics, case)).set_index(["metric_id", "method"])
    arms = statistics.set_index(["metric_id", "variant"])
    for metric, want in expected["expected"].items():
        row = results.loc[(metric, "unadjusted")]
        check(row, {k: v for k, v in want.items() if not k.startswith("quantile_")})
        for side, variant in (("control", "control"), ("treatment", "t1")):
            if f"quantile_{side}" in want:
                arm = arms.loc[(metric, variant)]
                assert row[f"mean_{side}"] == arm["q_hat"] == want[f"quantile_{side}"]
                assert arm["q_low"] == pytest.approx(want[f"bound_low_{side}"], rel=1e-9)
                assert arm["q_high"] == pytest.approx(want[f"bound_high_{side}"], rel=1e-9)


def test_exposures_and_events_lead_to_the_same_numbers() -> None:
    case, expected = read("21_exposures_end_to_end")
    want = expected["expected"]
    folder = CASES / "21_exposures_end_to_end"
    exposures = pd.read_csv(folder / "exposures.csv", parse_dates=["exposed_at"])
    events = pd.read_csv(folder / "events.csv", parse_dates=["event_at"])
    assert exposures["variant"].isna().sum() == want["n_null_variant_rows"]
    known = exposures[exposures["variant"].notna()]
    inside = known["exposed_at"].between(
        case["experiment_start"], case["experiment_end"], inclusive="left"
    )
    known = known[inside]
    variants = known.groupby("unit_id")["variant"].nunique()
    assert (variants > 1).sum() == want["n_multiple_exposure"]
    single = known[known["unit_id"].map(variants) == 1]
    units = single.sort_values("exposed_at").groupby("unit_id").first()
    since = events["event_at"] - events["unit_id"].map(units["exposed_at"])
    days = pd.Timedelta(days=1)
    after = (since >= 0 * days) & (since < case["conversion_window_days"] * days)
    before = (since < 0 * days) & (since >= -case["pre_window_days"] * days)
    for name, chosen in (("y", after), ("x", before)):
        sums = events[chosen].groupby("unit_id")["revenue"].sum()
        units[name] = sums.reindex(units.index).fillna(0)
    units["has_pre"] = units.index.isin(events[before]["unit_id"])
    statistics = summarise(
        units.reset_index().assign(experiment_id="21", metric_id="revenue", **DEFAULTS)
    )
    for _, arm in statistics.iterrows():
        counted = want["suffstats"][arm["variant"]]
        assert (arm["n"], arm["n_with_pre"]) == (counted["n"], counted["n_with_pre"])
        assert arm["c_yx"] == pytest.approx(counted["cov_yx"], rel=1e-9)
    case |= {"metrics": [{"name": "revenue", "type": "mean", "pre_num": "x"}]}
    for _, row in compare_variants(configured(statistics, case)).iterrows():
        check(row, want[f"revenue|{row['method']}"])
    weights = dict(zip(case["variants"], case["weights"], strict=True))
    split = statistics.assign(weight=statistics["variant"].map(weights), srm_alpha=0.001)
    ratio = sample_ratio(split, keys=["experiment_id"]).iloc[0]
    for field, value in want["srm"].items():
        assert ratio[field] == (pytest.approx(value) if isinstance(value, float) else value)


def test_sessions_are_a_ratio_of_sums_by_user() -> None:
    case, expected = read("22_cluster")
    sessions = pd.read_csv(CASES / "22_cluster" / "data.csv")
    users = sessions.groupby(["unit_id", "variant"])["y"].agg(["sum", "size"]).reset_index()
    users = users.rename(columns={"sum": "y", "size": "d"})
    statistics = summarise(users.assign(experiment_id="22", metric_id="y_per_session", **DEFAULTS))
    results = compare_variants(configured(statistics, case))
    check(results.iloc[0], expected["expected"]["y_per_session"])
