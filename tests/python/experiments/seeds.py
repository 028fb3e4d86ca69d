"""Seeds of experiments for a copy of the project, and events of the own tags for a landing root."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from headwater.landing.contract import Source, tables_of
from headwater.landing.land import land_files
from headwater.landing.write import initialise
from headwater.simulate import company
from tests.python.conftest import PROJECT

COLUMNS = {
    name: (PROJECT / "seeds" / f"{name}.csv").read_text("utf-8").splitlines()[0].split(",")
    for name in (
        "experiments", "experiment_variants", "metrics", "experiment_metrics", "analysis_notes",
        "feature_experiments",
    )
}  # fmt: skip
DEFAULTS: dict[str, Mapping[str, Any]] = {
    "experiments": {
        "hypothesis": "",
        "owner": "tests",
        "control_variant": "control",
        "alpha": 0.05,
        "pre_window_days": 14,
        "sequential_tuning_units": 5000,
        "srm_alpha": 0.001,
        "correction": "holm",
    },
    "experiment_variants": {},
    "metrics": {"kind": "mean", "is_higher_better": "true"},
    "experiment_metrics": {
        "role": "goal",
        "needs_full_window": "false",
        "is_adjusted": "false",
        "cap_ignores_zeros": "false",
    },
    "analysis_notes": {"kind": "comment", "note": "Noted"},
    "feature_experiments": {},
}
Row = Mapping[str, Any]


def write_seed(project: Path, name: str, rows: Iterable[Row]) -> None:
    """Replace a seed of experiments; what a row leaves out is that of DEFAULTS, or empty."""
    with (project / "seeds" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS[name], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({**DEFAULTS[name], **row})


def with_simulated_dates(
    project: Path, start: str, days: int, running: Collection[str] = ()
) -> None:
    """Let the demo's experiments run when the simulator runs them in so many days."""
    path = project / "seeds" / "experiments.csv"
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    first_day = date.fromisoformat(start)
    of_name = {experiment.experiment_id: experiment for experiment in company.EXPERIMENTS}
    for row in rows:
        simulated = company.experiment_days(of_name[row["experiment_name"]], days)
        end = "" if row["experiment_name"] in running else first_day + timedelta(simulated.stop)
        row |= {"start_date": first_day + timedelta(simulated.start), "end_date": end}
    write_seed(project, "experiments", rows)


def land_own_events(
    root: Path, events: Sequence[Row], contract: dict[str, Source], folder: Path
) -> None:
    """A landing root that holds these events of the own tags and nothing else."""
    initialise(root, tables_of(contract))
    export = folder / "own.jsonl"
    export.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    rejects = contract["headwater"].tables["rejected_rows"]
    list(land_files(contract["own"], [export], root, rejects))
