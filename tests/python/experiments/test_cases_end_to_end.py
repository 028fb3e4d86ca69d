"""The shared reference cases, from unit-level files as events of the own tags to the marts."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from headwater.landing.contract import Source
from tests.python.conftest import Dbt, copy_project
from tests.python.experiments.seeds import land_own_events, write_seed
from tests.python.statistics.test_experiment_cases import CASES, PLAIN, check, read

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared")

NAMES = [*PLAIN, "17_quantile", "20_sequential", "22_cluster"]
STARTED, EXPOSED, DONE = "2026-03-01", "2026-03-05T12:00:00Z", "2026-03-05T13:00:00Z"
BEFORE, ENDED, LATER = "2026-03-01T13:00:00Z", "2026-03-15", "2026-03-31T00:00:00Z"
END_TO_END = "21_exposures_end_to_end"


def event(name: str, user: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"event_type": name, "user_id": user, "timestamp": at, **fields}


def number(text: str) -> float | str | None:
    """None where there is no value; JSON knows no NaN, so that is a text."""
    return None if text == "" else float(text) if math.isfinite(float(text)) else text


def exposures_of(name: str, rows: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    for unit, row in {row["unit_id"]: row for row in rows}.items():
        at = f"2026-03-{int(row['day']):02}T12:00:00Z" if "day" in row else EXPOSED
        yield event(
            "saw_it",
            f"{name}-{unit}",
            at,
            experiment_id=name,
            variant=row["variant"],
            content_category=row.get("segment"),
        )


def events_of(name: str, case: dict[str, Any], rows: list[dict[str, str]]) -> Iterator[Any]:
    """What each unit did for each metric; the time before is four days earlier."""
    for metric in case["metrics"]:
        wanted = [("", "num", DONE), ("", "pre_num", BEFORE)]
        wanted += [("_den", "den", DONE), ("_den", "pre_den", BEFORE)]
        for place, row in enumerate(rows):
            for ending, column, moment in wanted:
                at = moment.replace("-05T", f"-{int(row['day']):02}T") if "day" in row else moment
                value = number(row[metric[column]]) if column in metric else None
                if column == "den" and case.get("rows_are") == "sessions":
                    value = 1.0
                if value is not None:
                    yield event(
                        f"{name}_{metric['name']}{ending}",
                        f"{name}-{row['unit_id']}",
                        at,
                        event_id=f"{name}-{metric['name']}-{column}-{place}",
                        properties={"value": value},
                    )


def metrics_of(name: str, case: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows of metrics and experiment_metrics."""
    for metric in case["metrics"]:
        own = f"{name}_{metric['name']}"
        kind = "ratio" if metric["type"] == "cluster_mean" else metric["type"]
        counted = {"metric_name": own, "kind": kind, "event_name": own, "property_name": "value"}
        if kind == "ratio":
            counted |= {
                "denominator_event_name": f"{own}_den",
                "denominator_property_name": "value",
            }
        yield (
            counted
            | {
                "quantile": metric.get("q"),
                "is_higher_better": str(metric.get("higher_is_better", True)).lower(),
            },
            {
                "experiment_name": name,
                "metric_name": own,
                "is_adjusted": str("pre_num" in metric).lower(),
                "cap_upper_quantile": metric.get("cap_upper_q"),
                "cap_lower_quantile": metric.get("cap_lower_q"),
                "cap_upper_value": metric.get("cap_upper"),
                "cap_ignores_zeros": str(metric.get("cap_ignore_zeros", False)).lower(),
                "margin": metric.get("margin"),
                "window_days": 1 if "days" in case else None,
                "needs_full_window": str("days" in case).lower(),
            },
        )


def shares_of(
    name: str, case: dict[str, Any], rows: list[dict[str, str]]
) -> Iterator[dict[str, Any]]:
    """Weights as the case states them, else as units fell: the split is no matter of most cases."""
    units = Counter({row["unit_id"]: row["variant"] for row in rows}.values())
    observed = [units[variant] / units.total() for variant in case["variants"]]
    for variant, weight in zip(case["variants"], case.get("weights", observed), strict=True):
        yield {"experiment_name": name, "variant": variant, "weight": weight}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> Path:
    """All cases in one warehouse, each an experiment."""
    folder = tmp_path_factory.mktemp("cases")
    project = copy_project(folder / "project")
    events, experiments, variants = [event("end", "nobody", LATER)], [], []
    metrics, judged = [], []
    for name in [*NAMES, END_TO_END]:
        case, _ = read(name)
        experiments.append(
            {
                "experiment_name": name,
                "experiment_id": name,
                "start_date": STARTED,
                "end_date": ENDED,
                "control_variant": case["control"],
            }
        )
        rows = rows_of(CASES / name / ("data.csv" if name != END_TO_END else "exposures.csv"))
        variants += shares_of(name, case, rows)
        if name == END_TO_END:
            continue
        events += [*exposures_of(name, rows), *events_of(name, case, rows)]
        for counted, row in metrics_of(name, case):
            metrics.append(counted)
            judged.append(row)
    for row in rows_of(CASES / END_TO_END / "exposures.csv"):
        shown = {"experiment_id": END_TO_END, "variant": row["variant"] or None}
        at = row["exposed_at"]
        events.append(event("saw_it", row["unit_id"], at, platform=row["platform"], **shown))
    for place, row in enumerate(rows_of(CASES / END_TO_END / "events.csv")):
        paid = {"properties": {"revenue": float(row["revenue"])}, "event_id": f"paid-{place}"}
        events.append(event("paid", row["unit_id"], row["event_at"], **paid))
    paid = {"metric_name": "revenue", "event_name": "paid"}
    metrics.append(paid | {"property_name": "revenue"})
    metrics.append(paid | {"metric_name": "payers", "kind": "proportion"})
    window = {"experiment_name": END_TO_END, "window_days": 3, "needs_full_window": "true"}
    judged.append(window | {"metric_name": "revenue", "is_adjusted": "true"})
    judged.append(window | {"metric_name": "payers", "role": "secondary"})
    for seed, seed_rows in (
        ("experiments", experiments),
        ("experiment_variants", variants),
        ("metrics", metrics),
        ("experiment_metrics", judged),
    ):
        write_seed(project, seed, seed_rows)
    land_own_events(folder / "landing", events, contract, folder)
    dbt = Dbt(folder / "landing", folder / "warehouse", project=project)
    dbt.make("+path:models/marts/experiments")
    return dbt.warehouse


def table(sql: str, warehouse: Path) -> pd.DataFrame:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(sql).df()


@pytest.fixture(scope="module")
def results(warehouse: Path) -> dict[tuple[str, str], pd.Series]:
    """Rows of experiment_results by case and the cases' own key of a comparison."""
    found = table(
        "select * from marts.experiment_results where segment_name in ('all', 'content_category')",
        warehouse,
    )
    rows = {}
    for _, row in found.iterrows():
        metric = row["metric_name"].removeprefix(f"{row['experiment_name']}_")
        key = f"{metric}|{row['treatment']}|{row['method']}"
        if row["segment_name"] != "all":
            key += f"|{row['segment_value']}"
        rows[row["experiment_name"], key] = row.rename({"is_non_inferior": "non_inferior"})
    return rows


@pytest.mark.parametrize("name", PLAIN)
def test_a_case_comes_out_as_independent_packages_have_it(
    name: str, results: dict[tuple[str, str], pd.Series]
) -> None:
    _, expected = read(name)
    assert expected["comparisons"]
    for key, comparison in expected["comparisons"].items():
        want = comparison["expected"]
        if key.startswith("latency|"):
            # The case says how probable a higher latency is, the specification's formula a better.
            want["prob_beat_control"] = 1 - want["prob_beat_control"]
        row = results[name, key].copy()
        # The case says it of the segment, not of each comparison in it.
        row["warnings"] = row["warnings"].replace("SEGMENT_MIX_IMBALANCED", "")
        check(row, want)


def test_a_mean_of_sessions_is_a_ratio_of_persons(
    results: dict[tuple[str, str], pd.Series],
) -> None:
    _, expected = read("22_cluster")
    check(
        results["22_cluster", "y_per_session|t1|unadjusted"], expected["expected"]["y_per_session"]
    )


def test_quantiles_are_those_of_the_case(results: dict[tuple[str, str], pd.Series]) -> None:
    _, expected = read("17_quantile")
    for metric, want in expected["expected"].items():
        row = results["17_quantile", f"{metric}|t1|unadjusted"]
        check(row, {name: v for name, v in want.items() if not name.startswith("quantile_")})
        for side in ("control", "treatment"):
            if f"quantile_{side}" in want:
                assert row[f"mean_{side}"] == pytest.approx(want[f"quantile_{side}"], rel=1e-12)


def test_each_day_of_a_running_experiment_is_as_the_case_has_it(warehouse: Path) -> None:
    """Windows of a day close on the day after the exposure."""
    case, expected = read("20_sequential")
    days = table(
        """
        select *, day(analysis_date) - 1 as day
        from marts.experiment_results_by_day
        where experiment_name = '20_sequential' and method = 'unadjusted'
        order by analysis_date
        """,
        warehouse,
    ).set_index("day")
    assert list(days.index) == list(range(1, case["days"] + 1))
    for day, row in days.iterrows():
        want = expected["comparisons"][f"y|t1|unadjusted|day{day}"]["expected"]
        shown = {name: value for name, value in want.items() if name in row.index}
        assert len(shown) > 10
        check(row, shown)
    smallest = days["seq_p_value"].cummin()
    assert (days["seq_p_value_min"] == smallest).all()


def test_exposures_and_events_lead_to_the_case_s_numbers(
    warehouse: Path, results: dict[tuple[str, str], pd.Series]
) -> None:
    _, expected = read(END_TO_END)
    want = expected["expected"]
    for method in ("unadjusted", "cuped"):
        check(results[END_TO_END, f"revenue|t1|{method}"], want[f"revenue|{method}"])
    arms = table(
        f"""
        select variant, n, n_with_pre, c_yy, c_yx, n * (m_y + shift_y) as sum_y, n_nonzero
        from intermediate.int_experiment_statistics
        where experiment_name = '{END_TO_END}' and metric_name = 'revenue' and segment_name = 'all'
        """,
        warehouse,
    ).set_index("variant")
    for variant, counted in want["suffstats"].items():
        arm = arms.loc[variant]
        assert (arm["n"], arm["n_with_pre"]) == (counted["n"], counted["n_with_pre"])
        assert arm["n_nonzero"] == counted["converters"]
        for ours, theirs in {"c_yy": "var_y", "c_yx": "cov_yx", "sum_y": "sum_y"}.items():
            assert arm[ours] == pytest.approx(counted[theirs], rel=1e-9)
    health = table(
        f"select * from marts.experiment_health where experiment_name = '{END_TO_END}'", warehouse
    ).set_index("check_name")
    assert health.loc["multiple_exposure", "observed_count"] == want["n_multiple_exposure"]
    without = health.loc["exposures_without_variant", "observed_count"]
    assert without == want["n_null_variant_rows"]
    assert health.loc["sample_ratio", "p_value"] == pytest.approx(want["srm"]["p_value"], rel=1e-9)
    (web,) = table(
        f"""
        select list(person_count order by variant) as counts
        from intermediate.int_experiment_arms
        where experiment_name = '{END_TO_END}'
            and segment_name = 'platform' and segment_value = 'web'
        """,
        warehouse,
    )["counts"]
    assert list(web) == [want["suffstats"][v]["n_web"] for v in ("control", "t1")]


@pytest.mark.parametrize("name", ["15_segments_simpson", "15b_segments_interaction"])
def test_the_trade_off_matrix_knows_a_paradox(name: str, warehouse: Path) -> None:
    _, expected = read(name)
    want = expected["family_or_segments"]
    rows = table(
        f"""
        select distinct is_simpson, interaction_p_value
        from marts.experiment_segments
        where experiment_name = '{name}' and segment_name = 'content_category'
        """,
        warehouse,
    )
    ((is_simpson, p_value),) = rows.itertuples(index=False)
    assert bool(is_simpson) == want["simpson"]
    assert p_value == pytest.approx(want["interaction_p_value"], rel=1e-9)


def test_numbers_are_finite_everywhere(warehouse: Path) -> None:
    """Case 19 has values that are not."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        doubles = connection.sql(
            """
            select table_name, column_name from information_schema.columns
            where table_schema = 'marts' and data_type = 'DOUBLE' and table_name like 'experiment%'
            """
        ).fetchall()
        assert len(doubles) > 50
        for name, column in doubles:
            counted = connection.sql(
                f"select count(*) from marts.{name} where isnan({column}) or isinf({column})"
            ).fetchall()
            assert counted == [(0,)], (name, column)


def test_what_is_not_finite_is_said(results: dict[tuple[str, str], pd.Series]) -> None:
    row = results["19_non_finite", "has_nan|t1|unadjusted"]
    assert (row["status"], pd.isna(row["p_value"])) == ("NON_FINITE_INPUT", True)
    assert json.dumps(row["n_control"]) == "100"
