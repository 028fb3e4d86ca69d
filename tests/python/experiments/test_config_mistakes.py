"""Mistakes in the seeds of experiments stop the build: file, row, field and remedy are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.landing.contract import Source, tables_of
from headwater.landing.write import initialise
from tests.python.conftest import Dbt, copy_project
from tests.python.experiments.seeds import write_seed

BEGIN = "2025-01-01"
RUNS = {"start_date": BEGIN, "end_date": "2025-02-01"}
SEEDS = (
    "experiments", "experiment_variants", "metrics", "experiment_metrics", "analysis_notes",
    "feature_experiments",
)  # fmt: skip


def experiment(name: str, **fields: object) -> dict[str, object]:
    return {"experiment_name": name, "experiment_id": name} | RUNS | fields


EXPERIMENTS = [
    experiment("right"),
    experiment("twice"),
    experiment("twice"),
    experiment("no_control", control_variant=""),
    experiment("other_control", control_variant="c"),
    experiment("backwards", end_date="2024-12-31"),
    experiment("without_goal"),
    experiment("odd_alpha", alpha=5),
    experiment("odd_correction", correction="bonferroni"),
    experiment("phase_1", experiment_id="phases"),
    experiment("phase_2", experiment_id="phases"),
    experiment("heavy"),
    experiment("alone"),
    experiment("without_date", start_date=""),
    experiment("of_no_event", trigger_filter="is_trial_signup_form"),
    experiment("odd_trigger", trigger_event="save", trigger_filter="nowhere"),
    experiment("held_by_itself", holdout="held_by_itself"),
    experiment("held_by_a_trigger", holdout="odd_trigger"),
]
VARIANTS = [
    {"experiment_name": row["experiment_name"], "variant": variant, "weight": 0.5}
    for row in EXPERIMENTS
    if row["experiment_name"] not in ("heavy", "alone")
    for variant in ("control", "b")
]
VARIANTS = [row for place, row in enumerate(VARIANTS) if row not in VARIANTS[:place]] + [
    {"experiment_name": "heavy", "variant": "control", "weight": 0.5},
    {"experiment_name": "heavy", "variant": "b", "weight": 0.4},
    {"experiment_name": "heavy", "variant": "c", "weight": -0.1},
    {"experiment_name": "alone", "variant": "control", "weight": 1},
    {"experiment_name": "right", "variant": "b", "weight": 0},
    {"experiment_name": "nowhere", "variant": "b", "weight": 0.5},
    {"experiment_name": "nowhere", "variant": "control", "weight": 0.5},
]
METRICS = [
    {"metric_name": "saves", "event_name": "save"},
    {"metric_name": "twice", "event_name": "save"},
    {"metric_name": "twice", "event_name": "share"},
    {"metric_name": "odd_kind", "event_name": "save", "kind": "median"},
    {"metric_name": "of_nothing"},
    {"metric_name": "half_a_ratio", "event_name": "save", "kind": "ratio"},
    {"metric_name": "which_quantile", "event_name": "save", "kind": "quantile"},
    {"metric_name": "odd_filter", "event_name": "save", "filter_name": "nowhere"},
    {"metric_name": "median", "event_name": "save", "kind": "quantile", "quantile": 0.5},
    {"metric_name": "savers", "event_name": "save", "kind": "proportion"},
]


def judged(metric: str, name: str = "right", **fields: object) -> dict[str, object]:
    return {"experiment_name": name, "metric_name": metric} | fields


JUDGED = [
    *(
        judged("saves", str(row["experiment_name"]))
        for row in EXPERIMENTS
        if row["experiment_name"] not in ("without_goal", "twice")
    ),
    judged("saves", "twice"),
    judged("saves", "twice"),
    judged("saves", "without_goal", role="secondary"),
    judged("saves", "lost"),
    judged("nowhere"),
    judged("odd_kind", role="main"),
    judged("of_nothing", role="guardrail"),
    judged("half_a_ratio", window_days=0),
    judged("which_quantile", needs_full_window="true"),
    judged("odd_filter", cap_upper_quantile=99),
    judged("twice", cap_upper_quantile=0.99, cap_upper_value=10),
    judged("median", is_adjusted="true"),
    judged("savers"),
]
NOTES = [
    {"note_id": "of_all", "kind": "external_factor"},
    {"note_id": "of_right", "experiment_name": "right"},
    {"note_id": "twice", "experiment_name": "right"},
    {"note_id": "twice", "experiment_name": "right"},
    {"note_id": "lost", "experiment_name": "nowhere"},
    {"note_id": "odd_kind", "experiment_name": "right", "kind": "remark"},
    {"note_id": "of_none"},
    {"note_id": "silent", "experiment_name": "right", "note": ""},
    {"note_id": "of_no_sentence", "experiment_name": "right", "kind": "override"},
    {"note_id": "comment", "experiment_name": "right", "sentence_key": "b.what"},
    {"note_id": "b", "experiment_name": "right", "kind": "override", "sentence_key": "b.how.1"},
    {"note_id": "c", "experiment_name": "right", "kind": "override", "sentence_key": "b.how.1"},
    {"note_id": "d", "experiment_name": "heavy", "kind": "override", "sentence_key": "b.how.1"},
    {"note_id": "short", "kind": "external_factor", "start_date": BEGIN, "end_date": BEGIN},
]


def measured(outcome: str, **fields: object) -> dict[str, object]:
    of_boards = {"feature_name": "boards", "metric_name": "savers", "treatment": "b"}
    return of_boards | {"outcome_name": outcome, "experiment_name": "right"} | fields


MEASURED = [
    measured("conversion"),
    measured("revenue", metric_name="saves"),
    measured("upgrade"),
    measured("upgrade", experiment_name="heavy", metric_name="saves"),
    measured("retention", feature_name="nothing"),
    measured("happiness"),
    measured("conversion", feature_name="search", metric_name="clicks"),
    measured("revenue", feature_name="search"),
    measured("upgrade", feature_name="search", treatment="d"),
    measured("retention", feature_name="search", treatment="control"),
]
# File, row and field, and what the remedy says.
MISTAKES = [
    ("experiments.csv, row experiment_name = twice, field experiment_name", "keep one"),
    (
        "experiments.csv, row experiment_name = no_control, field control_variant",
        "name the variant",
    ),
    ("experiments.csv, row experiment_name = other_control, field control_variant", "add its row"),
    ("experiments.csv, row experiment_name = backwards, field end_date", "not after start_date"),
    ("experiments.csv, row experiment_name = without_goal, field experiment_name", "role goal"),
    ("experiments.csv, row experiment_name = odd_alpha, field alpha", "between 0 and 1"),
    ("experiments.csv, row experiment_name = odd_correction, field correction", "write holm"),
    ("experiments.csv, row experiment_name = phase_1, field start_date", "end one before"),
    ("experiments.csv, row experiment_name = without_date, field experiment_name", "fill it in"),
    ("experiment_name = of_no_event, field trigger_event", "name the event or clear the filter"),
    ("experiment_name = odd_trigger, field trigger_filter", "seeds/event_filters.csv"),
    ("experiment_name = held_by_itself, field holdout", "no other experiment"),
    ("experiment_name = held_by_a_trigger, field holdout", "one with a trigger"),
    ("experiment_variants.csv, row experiment_name = heavy, field weight", "do not add up to 1"),
    ("experiment_name = heavy, variant = c, field variant, weight", "weight of 0 or more"),
    ("experiment_variants.csv, row experiment_name = alone, variant = control", "add the others"),
    (
        "experiment_variants.csv, row experiment_name = right, variant = b, field variant",
        "keep one",
    ),
    ("experiment_variants.csv, row experiment_name = nowhere, variant = b", "no such experiment"),
    ("metrics.csv, row metric_name = twice, field metric_name", "keep one"),
    ("metrics.csv, row metric_name = odd_kind, field kind", "write mean"),
    ("metrics.csv, row metric_name = of_nothing, field event_name", "name the event"),
    ("metrics.csv, row metric_name = half_a_ratio, field denominator_event_name", "divides by"),
    ("metrics.csv, row metric_name = which_quantile, field quantile", "share between 0 and 1"),
    ("metrics.csv, row metric_name = odd_filter, field filter_name", "no such filter"),
    (
        "experiment_metrics.csv, row experiment_name = lost, metric_name = saves",
        "no such experiment",
    ),
    ("experiment_metrics.csv, row experiment_name = right, metric_name = nowhere", "define it in"),
    ("experiment_metrics.csv, row experiment_name = twice, metric_name = saves", "keep one"),
    ("metric_name = odd_kind, field role", "write goal"),
    ("metric_name = of_nothing, field margin", "how much worse"),
    ("metric_name = half_a_ratio, field window_days", "1 or more days"),
    ("metric_name = which_quantile, field needs_full_window", "only with window_days"),
    ("metric_name = odd_filter, field cap_upper_quantile", "between 0 and 1"),
    ("metric_name = twice, field cap_upper_value", "empty one"),
    ("metric_name = median, field is_adjusted", "no adjustment"),
    ("analysis_notes.csv, row note_id = twice, field note_id", "name of its own"),
    ("analysis_notes.csv, row note_id = lost, field experiment_name", "no such experiment"),
    ("note_id = odd_kind, field kind", "write comment"),
    ("note_id = of_none, field experiment_name", "name the experiment"),
    ("note_id = silent, field note:", "write the note"),
    ("note_id = of_no_sentence, field sentence_key", "name the sentence"),
    ("note_id = comment, field sentence_key", "leave it empty"),
    ("note_id = c, field sentence_key", "keep one"),
    ("note_id = short, field end_date", "not after start_date"),
    (
        "feature_experiments.csv, row feature_name = boards, outcome_name = upgrade, field outcome",
        "keep the best",
    ),
    ("feature_name = nothing, outcome_name = retention, field feature_name", "features.csv"),
    ("feature_name = boards, outcome_name = happiness, field outcome_name", "write conversion"),
    (
        "feature_name = search, outcome_name = conversion, field experiment_name, metric_name",
        "no such metric",
    ),
    ("feature_name = search, outcome_name = revenue, field metric_name", "mean per person"),
    ("feature_name = search, outcome_name = upgrade, field treatment", "no variant"),
    ("feature_name = search, outcome_name = retention, field treatment", "it is the control"),
]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, contract: dict[str, Source]) -> str:
    """What a build says to seeds with every mistake, on one line."""
    folder = tmp_path_factory.mktemp("mistakes")
    project = copy_project(folder / "project")
    for name, rows in (
        ("experiments", EXPERIMENTS),
        ("experiment_variants", VARIANTS),
        ("metrics", METRICS),
        ("experiment_metrics", JUDGED),
        ("analysis_notes", NOTES),
        ("feature_experiments", MEASURED),
    ):
        write_seed(project, name, rows)
    initialise(folder / "landing", tables_of(contract))
    dbt = Dbt(folder / "landing", folder / "warehouse", project=project)
    return dbt.complain("build", "--select", *SEEDS, "event_filters", "features")


@pytest.mark.parametrize(("place", "remedy"), MISTAKES)
def test_a_mistake_is_named_with_its_place_and_remedy(
    printed: str, place: str, remedy: str
) -> None:
    start = printed.find(place)
    assert start > 0, place
    assert remedy in printed[start : start + len(place) + 200]


def test_what_is_right_is_not_named(printed: str) -> None:
    assert "row experiment_name = right, field" not in printed
    assert "row metric_name = saves" not in printed
    for note in ("of_all", "of_right", "d"):
        assert f"note_id = {note}, field" not in printed
    for outcome in ("conversion", "revenue"):
        assert f"feature_name = boards, outcome_name = {outcome}, field" not in printed


def test_every_rule_of_the_seeds_is_broken_here() -> None:
    """A rule without a mistake in this file might never fail."""
    seeds = Path(__file__).resolve().parents[3] / "seeds"
    rules = sum(
        (seeds / f"{name}.yml").read_text("utf-8").count("- has_no_row_where:") for name in SEEDS
    )
    assert rules <= len(MISTAKES)
