"""The memo of an experiment: what it says, and that the marts say it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from headwater.cli import app
from headwater.publish.publish import BOOKS
from headwater.report.memo import MemoError, collect, render
from tests.python.conftest import PROJECT

ANY = CliRunner()
GOLDEN = Path(__file__).with_name("golden")
Marts = dict[str, list[dict[str, Any]]]
NAMED = {"experiment_name": "layout"}
TREATED = NAMED | {"treatment": "treatment"}
# Persons of each variant.
COUNTS = {"all": (2_000, 2_010), "Planner": (900, 880), "Actor": (1_100, 1_130)}
CHECKS = (
    "sample_ratio", "multiple_exposure", "unknown_variants", "exposures_without_variant",
    "pre_period_balance", "covariate_balance", "segment_mix", "missing_metrics",
)  # fmt: skip


def contracts() -> dict[str, dict[str, str]]:
    """The columns of each mart that a memo reads, with their types, as the marts promise them."""
    folder = PROJECT / "models" / "marts"
    found = {}
    for path in (*folder.glob("experiments/*.yml"), folder / "quality/source_reconciliation.yml"):
        (model,) = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)["models"]
        name = model.get("config", {}).get("alias", model["name"])
        found[name] = {column["name"]: column["data_type"] for column in model["columns"]}
    _, columns = BOOKS["publications"]
    return found | {"publications": {name: kind for name, (kind, _) in columns.items()}}


def effect(
    metric: str, role: str, value: str, change: tuple[float, float, float], **fields: Any
) -> dict[str, Any]:
    """A row of experiment_segments."""
    middle, low, high = change
    outcome = fields.pop("outcome", "flat")
    p_value = 0.3 if outcome == "flat" else 0.0002
    return (
        TREATED
        | dict(zip(("n_control", "n_treatment"), COUNTS[value], strict=True))
        | {"metric_name": metric, "role": role, "method": "cuped", "status": "OK"}
        | {"segment_name": "all" if value == "all" else "intent", "segment_value": value}
        | {"direction": "up" if middle > 0 else "down", "outcome": outcome, "p_value": p_value}
        | {"mean_control": 2.0, "mean_treatment": 2.0 * (1 + middle), "relative_change": middle}
        | {"relative_change_low": low, "relative_change_high": high}
        | fields
    )


def result(metric: str, role: str, **fields: Any) -> dict[str, Any]:
    """A row of experiment_results, over everybody."""
    everybody = {"segment_name": "all", "segment_value": "all", "n_control": 2_000}
    named = {"metric_name": metric, "role": role, "method": "cuped", "warnings": ""}
    told = {"status": "OK", "n_treatment": 2_010, "mde_rel": 0.045}
    return TREATED | everybody | named | told | fields


def example() -> Marts:
    """The worked example: planners save more and click less, those who act the other way round."""
    chance = {"interaction_p_value": 0.000002}
    saves = chance | {"p_adj": 0.0008}
    return {
        "experiments": [
            NAMED
            | {
                "experiment_id": "layout-2024",
                "hypothesis": "A layout by board lets planners save more",
                "owner": "boards",
                "control_variant": "control",
                "state": "ended",
                "metric_count": 3,
                "person_count": 4_022,
                "excluded_count": 12,
                "alpha": 0.05,
                "baseline_start_date": date(2024, 1, 1),
                "start_date": date(2024, 1, 8),
                "end_date": date(2024, 1, 15),
            }
        ],
        "experiment_metrics": [
            NAMED | {"metric_name": name, "role": role, "event_name": event, **more}
            for name, role, event, more in (
                ("saves", "goal", "save", {"description": "Saves of a person"}),
                ("clicks", "secondary", "button_click", {}),
                ("searches", "guardrail", "search", {"margin": 0.1, "is_higher_better": True}),
            )
        ],
        "experiment_decisions": [
            TREATED
            | {"decision": "segment_aware_rollout", "divided_segment": "intent"}
            | {"failed_check_count": 0}
        ],
        "experiment_segments": [
            effect("saves", "goal", "all", (0.024, -0.01, 0.058)),
            effect(
                "saves",
                "goal",
                "Planner",
                (0.15, 0.09, 0.21),
                outcome="win",
                **saves,
                shrunk_change=0.14,
                shrunk_change_low=0.08,
                shrunk_change_high=0.2,
            ),
            effect("saves", "goal", "Actor", (-0.1, -0.16, -0.04), outcome="lose", **saves),
            effect("clicks", "secondary", "all", (0.05, -0.002, 0.102)),
            effect("clicks", "secondary", "Planner", (-0.05, -0.09, -0.01), outcome="lose"),
            effect("clicks", "secondary", "Actor", (0.2, 0.13, 0.27), outcome="win"),
            effect("searches", "guardrail", "all", (0.004, -0.02, 0.028)),
        ],
        "experiment_results": [
            result("saves", "goal"),
            result("clicks", "secondary"),
            result(
                "searches",
                "guardrail",
                method="unadjusted",
                ni_p_value=0.00001,
                ni_bound=-0.018,
                is_non_inferior=True,
            ),
        ],
        "experiment_health": [
            NAMED | {"check_name": name, "verdict": "ok", "advice": "Look into it"}
            for name in CHECKS
        ],
        "experiment_notes": [],
        "source_reconciliation": [],
        "publications": [
            {
                "generation": 7,
                "published_at": datetime(2024, 1, 16, 4, 30),
                "landing_root": "landing",
            }
        ],
    }


def write(folder: Path, marts: Marts) -> Path:
    """A published file with these rows; what a row leaves out is null."""
    file = folder / "headwater.duckdb"
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts")
        for mart, columns in contracts().items():
            typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.execute(f"create table marts.{mart} ({typed})")
            for row in marts.get(mart, []):
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.execute(
                    f"insert into marts.{mart} ({names}) values ({marks})", list(row.values())
                )
    return file


def sentences(memo: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in (memo, *memo["other_treatments"]):
        for group in part["sections"].values():
            yield from group
    yield from memo["warnings"]
    yield from memo["context"]


def texts(memo: dict[str, Any], section: str) -> list[str]:
    return [sentence["text"] for sentence in memo["sections"][section]]


def rests_on_rows(memo: dict[str, Any], published: Path) -> None:
    """Every sentence has a key of its own, and every number is that of a row which the file has."""
    found = list(sentences(memo))
    assert len({sentence["key"] for sentence in found}) == len(found) > 5
    for sentence in found:
        assert sentence["evidence"], sentence
        for evidence in sentence["evidence"]:
            rows = rows_of(evidence, published)
            assert len({row[evidence["column"]] for row in rows}) == 1, sentence
            if evidence["percent_change"] is not None:
                share = rows[0][evidence["column"]]
                assert evidence["percent_change"] == pytest.approx(100 * share, abs=0.0051)
            if evidence["p_value"] is not None:
                chances = {name for name in rows[0] if "p_value" in name or name == "p_adj"}
                assert evidence["p_value"] in {rows[0][name] for name in chances}
            if "control" in (evidence["n"] or {}):
                counts = {"control": rows[0]["n_control"], "treatment": rows[0]["n_treatment"]}
                assert evidence["n"] == counts


def rows_of(evidence: dict[str, Any], published: Path) -> list[dict[str, Any]]:
    """The rows with the key of some evidence."""
    with duckdb.connect(str(published), read_only=True) as connection:
        where = " and ".join(f"{name} = ?" for name in evidence["key"])
        done = connection.execute(
            f"from marts.{evidence['mart']} where {where}", list(evidence["key"].values())
        )
        columns = [column[0] for column in done.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in done.fetchall()]
    # An event's counts are the sum of its rows; all others are told by their key.
    return rows[:1] if evidence["mart"] == "source_reconciliation" else rows


@pytest.fixture
def marts() -> Marts:
    return example()


def told(folder: Path, marts: Marts, name: str = "layout") -> dict[str, Any]:
    """The memo of these marts, which is also fit to be drawn and to become JSON."""
    file = write(folder, marts)
    memo = collect(file, name, folder)
    rests_on_rows(memo, file)
    assert json.loads(json.dumps(memo, allow_nan=False)) == memo
    assert render(memo).count("\n## Evidence\n") == 1
    return memo


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    monkeypatch.setenv("HEADWATER_WAREHOUSE", str(folder / "build.duckdb"))
    return ANY.invoke(app, ["--project-dir", str(folder), "memo", *arguments])


def test_the_worked_example_is_what_it_was_agreed_to_be(
    tmp_path: Path, marts: Marts, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, marts)
    done = run(tmp_path, monkeypatch, "layout", "--to", str(tmp_path / "memos" / "new"))
    assert done.exit_code == 0, done.output
    for name in ("layout.md", "layout.json"):
        written = (tmp_path / "memos" / "new" / name).read_text("utf-8")
        assert written == (GOLDEN / name).read_text("utf-8"), name
        assert name in done.stdout
    printed = run(tmp_path, monkeypatch, "layout")
    assert printed.stdout == (GOLDEN / "layout.md").read_text("utf-8")
    assert len(printed.stdout.split("## Evidence")[0].splitlines()) < 50  # one screen


def test_the_worked_example_has_the_agreed_structure(tmp_path: Path, marts: Marts) -> None:
    memo = told(tmp_path, marts)
    assert memo["experiment_id"] == "layout-2024"
    assert memo["baseline_period"] == "2024-01-01 to 2024-01-07"
    assert memo["experiment_period"] == "2024-01-08 to 2024-01-14"
    assert memo["overall_assessment"] == "Mixed - Planners win, Actors lose"
    assert memo["recommendation"] == "Segment-aware rollout"
    impacts = {
        value: {
            metric: (impact["direction"], impact["percent_change"])
            for metric, impact in metrics.items()
        }
        for value, metrics in memo["segment_impacts"].items()
    }
    assert impacts == {
        "Planner": {"saves": ("up", 15.0), "clicks": ("down", -5.0)},
        "Actor": {"saves": ("down", -10.0), "clicks": ("up", 20.0)},
    }
    assert list(memo["sections"]) == ["What", "Why", "How", "Metrics to watch", "Guardrails"]
    assert all(memo["sections"].values())


def test_an_effect_carries_its_people_interval_and_grade(tmp_path: Path, marts: Marts) -> None:
    memo = told(tmp_path, marts)
    (sentence,) = [s for s in sentences(memo) if s["key"] == "treatment.why.Planner.saves"]
    assert sentence["text"] == "saves ↑ 15.0 % (+9.0 % to +21.0 %) for Planners: a win."
    assert sentence["evidence"] == [
        {
            "mart": "experiment_segments",
            "column": "relative_change",
            "key": TREATED
            | {"metric_name": "saves", "segment_name": "intent", "segment_value": "Planner"},
            "n": {"control": 900, "treatment": 880},
            "percent_change": 15.0,
            "percent_low": 9.0,
            "percent_high": 21.0,
            "p_value": 0.0008,
            "evidence_grade": "experiment",
        }
    ]


def test_a_guardrail_that_moved_and_an_experiment_beside_it_are_told(
    tmp_path: Path, marts: Marts
) -> None:
    marts["experiment_segments"][-1] |= {
        "relative_change": 0.03, "relative_change_low": 0.01, "relative_change_high": 0.05,
    }  # fmt: skip
    moved = {"method": "cuped", "p_value": 0.002, "q_value": 0.004, "is_unexpected": True}
    marts["experiment_results"].append(result("searches", "guardrail", **moved))
    crossed = TREATED | {"metric_name": "saves", "other_experiment_name": "ranking"}
    crossed |= {"other_treatment": "graph", "status": "OK", "person_count": 800, "p_value": 0.003}
    crossed |= {"diff_beside_control": 0.1, "diff_beside_treatment": -0.25, "is_interaction": True}
    marts["experiment_interactions"] = [
        crossed,
        crossed | {"other_treatment": "text", "is_interaction": False},
    ]
    memo = told(tmp_path, marts)
    assert texts(memo, "Why")[-1] == (
        "ranking changes it: saves by +0.1 beside its control, and by -0.25 beside its graph: "
        "decide them as one."
    )
    assert texts(memo, "Metrics to watch")[-1] == (
        "searches, a guardrail, ↑ 3.0 % (+1.0 % to +5.0 %): nobody asked for it, and at most 5 % "
        "of such finds are chance."
    )
    marts["experiment_results"][-1] |= {"is_unexpected": False}
    del marts["experiment_interactions"]
    less = told(tmp_path, marts)
    assert not any("chance" in text for text in texts(less, "Metrics to watch"))
    assert not any("beside" in text for text in texts(less, "Why"))


def test_an_unknown_experiment_names_those_that_exist(
    tmp_path: Path, marts: Marts, monkeypatch: pytest.MonkeyPatch
) -> None:
    marts["experiments"].append(marts["experiments"][0] | {"experiment_name": "aa"})
    write(tmp_path, marts)
    done = run(tmp_path, monkeypatch, "lay_out", "--to", str(tmp_path / "memos"))
    assert done.exit_code == 2
    assert "no experiment 'lay_out'; there are: aa, layout." in done.stderr
    assert not (tmp_path / "memos").exists()


def test_nothing_published_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(tmp_path, monkeypatch, "layout")
    assert done.exit_code == 2
    assert "does not exist: run `headwater build`" in done.stderr
    duckdb.connect(str(tmp_path / "headwater.duckdb")).close()
    with pytest.raises(MemoError, match="lacks a mart: run `headwater build`"):
        collect(tmp_path / "headwater.duckdb", "layout")
    (tmp_path / "headwater.duckdb").write_text("This is no database. " * 500)
    with pytest.raises(MemoError, match="cannot be opened"):
        collect(tmp_path / "headwater.duckdb", "layout")


def test_an_experiment_without_results_says_so(tmp_path: Path, marts: Marts) -> None:
    nothing = {"status": "NO_CONTROL_UNITS", "n_control": 0, "n_treatment": 0, "p_value": None}
    silent = dict.fromkeys(("direction", "relative_change", "mean_control", "mean_treatment"))
    marts["experiments"][0] |= {"state": "planned", "person_count": 0, "excluded_count": 0}
    marts["experiment_decisions"][0] |= {"decision": "keep_running", "divided_segment": None}
    marts["experiment_segments"] = [
        row | nothing | silent | {"outcome": "unknown", "interaction_p_value": None}
        for row in marts["experiment_segments"]
        if row["segment_name"] == "all"
    ]
    empty = nothing | dict.fromkeys(("mde_rel", "ni_p_value", "ni_bound", "is_non_inferior"))
    marts["experiment_results"] = [row | empty for row in marts["experiment_results"]]
    for row in marts["experiment_health"]:
        row["verdict"] = "unknown"
    memo = told(tmp_path, marts)
    assert memo["overall_assessment"] == "No results yet - planned"
    assert (memo["recommendation"], memo["segment_impacts"]) == ("Wait for results", {})
    assert texts(memo, "What") == ["Decide nothing yet: there are no results."]
    assert texts(memo, "Why") == [
        "saves: no clear change for everybody (NO_CONTROL_UNITS: 0 against 0)."
    ]
    assert texts(memo, "How") == [
        "saves has no result yet (NO_CONTROL_UNITS): collect more people."
    ]
    assert "cannot be said yet" in texts(memo, "Guardrails")[0]
    assert memo["warnings"][0]["text"].startswith("Cannot be checked yet: covariate balance,")


def undivided(marts: Marts, decision: str, **saves: Any) -> None:
    """Let the decision be about everybody."""
    marts["experiment_decisions"][0] |= {"decision": decision, "divided_segment": None}
    marts["experiment_segments"][0] |= saves


def test_of_several_treatments_the_best_comes_first(tmp_path: Path, marts: Marts) -> None:
    undivided(marts, "keep_running")
    for name, decision in (("b", "ship"), ("c", "ship"), ("d", "roll_back")):
        change = {"treatment": name, "decision": decision}
        marts["experiment_decisions"].append(marts["experiment_decisions"][0] | change)
        for mart in ("experiment_segments", "experiment_results"):
            own = [row for row in marts[mart] if row["treatment"] == "treatment"]
            marts[mart] += [deepcopy(row) | {"treatment": name} for row in own]
    for row in marts["experiment_segments"]:
        if row["treatment"] in "bc" and (row["metric_name"], row["segment_name"]) == (
            "saves",
            "all",
        ):
            row |= {"outcome": "win"}
    memo = told(tmp_path, marts)
    parts = [memo, *memo["other_treatments"]]
    assert [(part["treatment"], part["recommendation"]) for part in parts] == [
        ("b", "Ship"),
        ("c", "Ship"),
        ("treatment", "Undecided"),
        ("d", "Roll back"),
    ]
    assert texts(memo, "What") == [
        "Give b to everybody.",
        "b and c could each be: they are compared with control, not with each other.",
    ]
    assert memo["overall_assessment"] == "Win - saves better"
    drawn = render(memo)
    assert drawn.startswith("# layout: Ship (b)\n")
    for name in ("b", "c", "treatment", "d"):
        assert f"\n## Guardrails ({name})\n" in drawn
    assert "\n**d: Roll back** (Inconclusive - no goal changed clearly)\n" in drawn


def test_what_cannot_be_believed_is_told_as_raw_differences(tmp_path: Path, marts: Marts) -> None:
    undivided(marts, "invalid", outcome="win")
    marts["experiment_decisions"][0]["failed_check_count"] = 1
    marts["experiment_health"][0] |= {"verdict": "fail", "whole_count": 4_022, "p_value": 1e-9}
    memo = told(tmp_path, marts)
    assert memo["overall_assessment"] == "Invalid - sample ratio failed"
    assert memo["recommendation"] == "Do not decide by it"
    assert "raw differences" in texts(memo, "Why")[0]
    assert texts(memo, "Why")[1].endswith("for everybody: a raw difference.")
    assert "a win" not in render(memo)
    grades = {row["evidence_grade"] for s in sentences(memo) for row in s["evidence"]}
    assert grades == {"raw", None}
    assert [sentence["text"] for sentence in memo["warnings"]] == [
        "Sample ratio fails (4,022, p < 0.0001). Look into it"
    ]


def test_a_guardrail_that_got_worse_is_told(tmp_path: Path, marts: Marts) -> None:
    undivided(marts, "roll_back", outcome="win")
    marts["experiment_metrics"][2]["is_higher_better"] = False
    marts["experiment_segments"][-1]["outcome"] = "lose"
    marts["experiment_results"][-1] |= {"is_non_inferior": False, "ni_bound": 0.123}
    memo = told(tmp_path, marts)
    assert memo["overall_assessment"] == "Mixed - saves better, guardrail searches worse"
    assert texts(memo, "What") == ["Give control to everybody again."]
    assert texts(memo, "Guardrails") == [
        "searches must not rise by 10.0 % or more: not shown to hold, at worst +12.3 %."
    ]


def test_without_a_clear_result_it_says_what_would_be_found(tmp_path: Path, marts: Marts) -> None:
    undivided(marts, "keep_running")
    planner, actor = marts["experiment_segments"][1:3]
    planner["interaction_p_value"], actor["interaction_p_value"] = 0.0034, 0.0012
    marts["experiment_segments"].append(
        planner | {"segment_name": "platform", "segment_value": "web", "interaction_p_value": 0.2}
    )
    memo = told(tmp_path, marts)
    assert (memo["recommendation"], memo["decision"]) == ("Undecided", "keep_running")
    assert memo["overall_assessment"] == "Inconclusive - no goal changed clearly"
    assert texts(memo, "How")[0].startswith("A change of saves by 4.5 % is found four times in")
    assert texts(memo, "Why")[1] == (
        "No segment calls for a rollout of its own; with 2 looked at, most different is intent, "
        "p = 0.0012 (saves)."
    )
    assert list(memo["segment_impacts"]) == ["all"]
    marts["experiments"][0] |= {"state": "running", "end_date": None}
    memo = told(tmp_path, marts)
    assert memo["recommendation"] == "Keep running"
    assert memo["experiment_period"] == "2024-01-08 to now"
    assert [sentence["key"] for sentence in memo["warnings"]] == ["running"]


def test_values_whose_goals_disagree_are_not_called_winners(tmp_path: Path, marts: Marts) -> None:
    marts["experiment_metrics"][1]["role"] = "goal"
    for row in marts["experiment_segments"]:
        if row["metric_name"] == "clicks":
            row |= {"role": "goal", "interaction_p_value": 0.01}
    memo = told(tmp_path, marts)
    assert memo["overall_assessment"] == "Mixed - Actors and Planners win and lose"
    assert texts(memo, "What")[0].startswith("Choose which goal counts more for Actors and Plan")
    assert texts(memo, "Metrics to watch") == ["No metric is declared with the role secondary."]


def test_a_segment_that_contradicts_the_whole_is_told(tmp_path: Path, marts: Marts) -> None:
    undivided(marts, "ship", outcome="win")
    for row in marts["experiment_segments"][1:3]:
        row["is_simpson"] = True
    told_texts = texts(told(tmp_path, marts), "Why")
    assert [text for text in told_texts if "opposite" in text] == [
        "Every value of intent says the opposite of the whole about saves: do not trust the whole."
    ]


def test_an_effect_without_a_base_is_told_by_its_means(tmp_path: Path, marts: Marts) -> None:
    none = dict.fromkeys(("relative_change", "relative_change_low", "relative_change_high"))
    undivided(marts, "ship", outcome="win", **none | {"mean_control": 0, "mean_treatment": 0.25})
    memo = told(tmp_path, marts)
    assert texts(memo, "Why")[0] == "saves from 0 to 0.25 for everybody: a win."
    assert memo["segment_impacts"]["all"]["saves"]["percent_change"] is None


def test_notes_are_told_with_their_author_and_days(tmp_path: Path, marts: Marts) -> None:
    marts["experiment_notes"] = [
        NAMED | {"note_id": "a", "kind": "comment", "note": "Shipped\nto phones | later"},
        NAMED
        | {"note_id": "b", "kind": "external_factor", "note": "A sale", "author": "ann"}
        | {"start_date": date(2024, 1, 10), "end_date": date(2024, 1, 12)},
        {"experiment_name": "other", "note_id": "c", "kind": "comment", "note": "Not ours"},
    ]
    memo = told(tmp_path, marts)
    assert [sentence["text"] for sentence in memo["context"]] == [
        "Comment: Shipped to phones | later",
        "External factor: A sale (ann, 2024-01-10 to 2024-01-11)",
    ]


def test_an_override_gives_a_sentence_other_words_and_keeps_its_evidence(
    tmp_path: Path, marts: Marts
) -> None:
    before = told(tmp_path, marts)["sections"]["What"][0]
    override = NAMED | {"kind": "override", "author": "ann"}
    marts["experiment_notes"] = [
        override | {"note_id": "a", "sentence_key": "treatment.what", "note": "Planners first."},
        override | {"note_id": "b", "sentence_key": "treatment.waht", "note": "Lost"},
    ]
    memo = told(tmp_path, marts)
    after = memo["sections"]["What"][0]
    assert (after["text"], after["edited_by"]) == ("Planners first.", "ann")
    assert after["generated_text"] == before["text"]
    assert after["evidence"][:-1] == before["evidence"]
    assert after["evidence"][-1]["key"] == NAMED | {"note_id": "a"}
    assert "- Planners first. (edited by ann) [1, 2]\n" in render(memo)
    assert [sentence["key"] for sentence in memo["warnings"]] == ["override.b"]
    assert "correct its sentence_key" in memo["warnings"][0]["text"]
    assert memo["recommendation"] == "Segment-aware rollout"


def test_doubts_about_its_own_data_are_told(tmp_path: Path, marts: Marts) -> None:
    marts["experiment_health"][1] |= {
        "verdict": "warn",
        "observed_count": 50,
        "whole_count": 4_022,
    }
    marts["experiment_results"].append(
        result("saves", "goal", method="unadjusted", warnings="SKEWED_SMALL_N,SRM_DETECTED")
    )
    twice = {"source_name": "ga4", "other_event_count": 9, "source_count": 2}
    marts["source_reconciliation"] = [
        twice | {"event_name": name, "event_date": day, "event_count": 90, "also_seen_count": seen}
        for name, day, seen in (
            ("save", date(2024, 1, 14), 40),
            ("save", date(2024, 1, 13), 5),
            ("save", date(2024, 1, 15), 7),  # the experiment is over
            ("save", date(2023, 12, 31), 8),  # its baseline has not begun
            ("search", date(2024, 1, 14), 0),
            ("share", date(2024, 1, 14), 80),  # no metric counts it
        )
    ]
    assert [sentence["text"] for sentence in told(tmp_path, marts)["warnings"]] == [
        "Multiple exposure wants a look (50 of 4,022). Look into it",
        "saves in treatment: few people and skewed values: the interval may be off.",
        "45 of 180 events save were recorded by two tools: count them from one.",
    ]


def test_simulated_data_are_said_to_be_simulated(tmp_path: Path, marts: Marts) -> None:
    words = "Simulated data, not a real company"
    assert words not in render(told(tmp_path, marts))
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "simulated.json").write_text('{"scale": 0.01}')
    assert words in render(told(tmp_path, marts))
