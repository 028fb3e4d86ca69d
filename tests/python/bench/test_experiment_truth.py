"""The truth and the counts of `python -m bench.experiment_truth`."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import experiment_truth
from bench.experiment_truth import bars, true_lifts, truth_of
from headwater.simulate import company

Row = dict[str, Any]
FIRST, LAST = date(2025, 1, 9), date(2025, 1, 22)


def write_truth(folder: Path) -> Path:
    """Two people saw a layout: a Planner in three of four sessions, an Actor in one of two."""
    sessions = [
        (1, FIRST, [True, True, True, False]),
        (2, LAST, [True, False]),
        (2, date(2025, 1, 21), [True]),  # on the day before the exposure
        (2, date(2025, 1, 23), [True]),  # when the experiment is over
    ]
    effects = [
        {"variant": "treatment", "user_intent": "Planner", "event": "save", "factor": 1.2},
        {"variant": "treatment", "user_intent": "Actor", "event": "save", "factor": 0.8},
    ]
    tables: dict[str, list[Row]] = {
        "experiments": [
            {"experiment_id": "layout", "effects": json.dumps(effects), "last_date": LAST},
        ],
        "persons": [
            {"person": 1, "user_intent": "Planner"},
            {"person": 2, "user_intent": "Actor"},
        ],
        "experiment_assignments": [
            {"experiment_id": "layout", "person": 1, "first_exposed_date": FIRST},
            {"experiment_id": "layout", "person": 2, "first_exposed_date": LAST},
        ],
        "sessions": [
            {"person": person, "activity_date": day, "is_known": is_known}
            for person, day, known in sessions
            for is_known in known
        ],
    }
    for name, rows in tables.items():
        (folder / "truth").mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), folder / "truth" / f"{name}.parquet")
    return folder


def test_an_effect_is_as_large_as_the_part_of_the_sessions_that_it_reaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planners save twice as often as Actors, so they count for more among all."""
    monkeypatch.setattr(company, "INTENTS", ("Planner", "Actor"))
    monkeypatch.setitem(experiment_truth.APP_RATES, experiment_truth.Kind.SAVE, (1, (1.6, 0.8)))
    true = true_lifts(duckdb.connect(), write_truth(tmp_path))
    assert true == {
        ("layout", "treatment", "save", "Planner"): pytest.approx(0.15),
        ("layout", "treatment", "save", "Actor"): pytest.approx(-0.1),
        ("layout", "treatment", "save", "all"): pytest.approx((4 * 1.6 * 0.15 - 0.8 * 0.2) / 8),
    }


def test_the_truth_is_told_where_it_is_known() -> None:
    true = {("layout", "treatment", "save", place): 0.1 for place in ("all", "Planner")}
    assert truth_of("layout", "treatment", "saves", "Planner", true) == 0.1
    assert truth_of("layout", "treatment", "saves_per_view", "all", true) == 0.1
    assert truth_of("layout", "treatment", "savers", "all", true) is None
    assert truth_of("layout", "treatment", "saves", None, true) is None
    for metric, treatment in (("clicks", "treatment"), ("saves", "b"), ("searches", "treatment")):
        assert truth_of("layout", treatment, metric, None, true) == 0


def row(seed: int, experiment: str, metric: str, **others: object) -> Row:
    plain: Row = {
        "treatment": "treatment", "segment_name": "all", "segment_value": "all",
        "role": "goal", "truth": 0.0, "lift_ci_low": -0.1, "lift_ci_high": 0.1, "p_adj": 0.5,
        "seq_ci_low": -1.0, "seq_ci_high": 1.0, "decision": "keep_running",
        "divided_segment": None, "failed_checks": "",
    }  # fmt: skip
    return plain | {"seed": seed, "experiment_name": experiment, "metric_name": metric} | others


def seed_rows(seed: int, **of: Row) -> list[Row]:
    """A seed in which everything is as it should be, but for `of` these experiments."""
    layout: Row = {"decision": "segment_aware_rollout", "divided_segment": "intent"}
    planner: Row = {"segment_name": "intent", "segment_value": "Planner", "truth": 0.05}
    tour: Row = {"decision": "invalid", "failed_checks": "sample_ratio"}
    country: Row = {"segment_name": "country", "segment_value": "Japan"}
    return [
        row(seed, "board_layout", "saves", **layout | planner | of.get("board_layout", {})),
        row(seed, "aa_check", "saves", **of.get("aa_check", {})),
        row(seed, "aa_check", "saves", **country | of.get("aa_country", {})),
        row(seed, "onboarding_tour", "board_makers", **tour | of.get("onboarding_tour", {})),
        row(seed, "search_ranking", "saves", treatment="b"),
    ]


def rates(rows: list[Row]) -> dict[str, tuple[float, bool]]:
    """Of rows of which both methods say the same."""
    both = [found | {"method": method} for found in rows for method in ("cuped", "unadjusted")]
    told = {bar.name: (bar.result, bar.holds) for bar in bars(pd.DataFrame(both))}
    for name in [name for name in told if "unadjusted" in name]:
        assert told.pop(name) == told[name.replace("unadjusted", "cuped")]
    return told


def test_a_company_in_which_all_is_found_passes() -> None:
    good = rates([found for seed in range(20) for found in seed_rows(seed)])
    assert all(holds for _, holds in good.values())
    assert good == {
        "board_layout treatment, Planner: saves, cuped": (1.0, True),
        "nothing planted, cuped": (1.0, True),
        "nothing planted, cuped, always valid": (1.0, True),
        "A/A, any goal, cuped": (0.0, True),
        "A/A, any goal in a segment, cuped": (0.0, True),
        "onboarding_tour: lost people noticed": (1.0, True),
        "onboarding_tour: invalid if and only if noticed": (1.0, True),
        "board_layout: rolled out by intent": (1.0, True),
        "A/A, anything decided": (0.0, True),
        "sample ratio of the others complains": (0.0, True),
    }


@pytest.mark.parametrize(
    ("experiment", "wrong", "missed"),
    [
        (
            "board_layout",
            {"lift_ci_low": 0.06},
            {"board_layout treatment, Planner: saves, cuped"},
        ),
        ("board_layout", {"decision": "ship"}, {"board_layout: rolled out by intent"}),
        ("board_layout", {"divided_segment": "plan"}, {"board_layout: rolled out by intent"}),
        ("aa_check", {"lift_ci_low": 0.01}, {"nothing planted, cuped"}),
        ("aa_check", {"seq_ci_high": -0.01}, {"nothing planted, cuped, always valid"}),
        ("aa_check", {"p_adj": 0.04}, {"A/A, any goal, cuped"}),
        ("aa_check", {"decision": "ship"}, {"A/A, anything decided"}),
        (
            "aa_check",
            {"failed_checks": "pre_period_balance,sample_ratio"},
            {"sample ratio of the others complains"},
        ),
        ("aa_country", {"p_adj": 0.04}, {"A/A, any goal in a segment, cuped"}),
        (
            "onboarding_tour",
            {"decision": "ship"},
            {"onboarding_tour: invalid if and only if noticed"},
        ),
        (
            "onboarding_tour",
            {"decision": "keep_running", "failed_checks": ""},
            {"onboarding_tour: lost people noticed"},
        ),
    ],
)
def test_what_is_wrong_in_all_seeds_but_one_is_missed(
    experiment: str, wrong: Row, missed: set[str]
) -> None:
    rows = [
        found
        for seed in range(20)
        for found in seed_rows(seed, **({experiment: wrong} if seed else {}))
    ]
    told = rates(rows)
    assert {name for name, (_, holds) in told.items() if not holds} == missed


def test_the_exit_code_says_whether_a_bar_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong: Row = {"board_layout": {"decision": "ship"}}

    def runner(folder: Path) -> Any:
        def run_seed(seed: int) -> pa.Table:
            rows = pd.DataFrame(seed_rows(seed, **(wrong if seed > 4 else {})))
            rows = pd.concat([rows.assign(method=name) for name in ("cuped", "unadjusted")])
            return pa.Table.from_pandas(rows, preserve_index=False)

        return run_seed

    monkeypatch.setattr(experiment_truth, "runner", runner)
    for seeds, code in (("4", 0), ("20", 1)):
        arguments = ["--seeds", seeds, "--to", str(tmp_path)]
        assert experiment_truth.main(arguments) == code
    assert "20 seeds" in capsys.readouterr().out
