"""How long an experiment would have to run, from what people do without one.

`collect` reads the published mart metric_baselines, `render` draws; the JSON form is what `collect`
returns. Windows and caps of an experiment's own are not in it, nor is the correction for several
goals and treatments: pass a smaller alpha.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from headwater.report.published import reading
from headwater.report.summary import heading
from headwater.simulate.run import settings_of
from headwater.statistics.experiments.planning import (
    DAYS_OF_TRAFFIC,
    days_to_find,
    effects_by_day,
)

Plan = dict[str, Any]
METHODS = {"unadjusted": "", "cuped": " adjusted"}
LONGEST_DAYS = 84  # how far the plot goes
BAR_WIDTH = 36
# Why a metric has no baseline, by the status of metric_baselines.
REASONS = {
    "QUANTILE": "is a quantile, which has no plan: judge the experiment by a mean, a proportion or"
    " a ratio, and read the quantile beside it.",
    "NO_UNITS": "has no baseline: nobody was active in a whole run before the last day of the data,"
    " or the data do not reach back so far (the shortest run takes {days} days).",
    "NON_FINITE_INPUT": "has no baseline: a property that it adds up is no finite number.",
    "ZERO_DENOMINATOR": "has no baseline: nobody did what it is divided by.",
    "INSUFFICIENT_UNITS": "has no baseline: fewer than two people were active.",
}
# Why a plan has no days, by the status of `plan`.
CELLS = {
    "BASELINE_ZERO": "nobody does it",
    "ZERO_VARIANCE": "all do the same",
    "NO_TRAFFIC": "nobody new comes",
}


class PlanError(ValueError):
    """The experiment cannot be planned; the message says why and what to do."""


@dataclass(frozen=True)
class Design:
    """What is planned.

    effects are shares of the metric's mean, above 0; powers, alpha and control_share in (0, 1);
    variants count the control, which gets control_share and the others equal parts of the rest (all
    get the same where it is None). Traffic is everybody active, or who does the event `trigger`.

    Raises:
        PlanError: one of them is out of its range.
    """

    effects: tuple[float, ...] = (0.01, 0.02, 0.05, 0.1)
    powers: tuple[float, ...] = (0.8, 0.9)
    alpha: float = 0.05
    variants: int = 2
    control_share: float | None = None
    trigger: str | None = None

    def __post_init__(self) -> None:
        for effect in self.effects:
            if not 0 < effect < float("inf"):
                raise PlanError(f"mde must be above 0, such as 0.05 for 5 %, got {effect}.")
        shares = [("power", power) for power in self.powers] + [("alpha", self.alpha)]
        if self.control_share is not None:
            shares.append(("control share", self.control_share))
        for name, share in shares:
            if not 0 < share < 1:
                raise PlanError(f"{name} must be between 0 and 1, got {share}.")
        if self.variants < 2:
            raise PlanError(f"variants must be 2 or more with the control, got {self.variants}.")

    @property
    def treatments(self) -> int:
        """How many variants there are besides the control."""
        return self.variants - 1

    @property
    def ratio(self) -> float:
        """Persons in each treatment by persons in the control."""
        if self.control_share is None:
            return 1.0
        return (1 - self.control_share) / self.treatments / self.control_share


def collect(published: Path, metric: str | None, design: Design, project_dir: Path) -> Plan:
    """Plan an experiment that is judged by a metric.

    Args:
        published: the file that readers open; opened read-only.
        metric: its name in the seed metrics.
        design: what is planned.
        project_dir: what the published landing root starts from.

    Returns:
        What can be written as JSON: `runs`, what people did in each run; `plans`, a row per method,
        effect and power, with persons and days; `detectable`, the lift that each length finds, by
        method, with the first of the powers.

    Raises:
        PlanError: the metric is unknown or has no baseline, nobody does the trigger, or the file is
            not there or too old.
    """
    with reading(published, PlanError) as connection:
        every = connection.sql("from marts.metric_baselines order by run_days").df()
        runs = _runs(every, metric)
        if design.trigger is not None:
            runs = _triggered(connection, runs, design.trigger)
        (root,) = connection.execute(
            "select landing_root from marts.publications order by generation desc limit 1"
        ).fetchall()[0]
    return {
        "landing_root": root,
        "simulated": settings_of(project_dir / root),
        "metric": metric,
        "kind": runs["kind"].iloc[0],
        "data_until": str((runs["end_date"].iloc[0] - timedelta(days=1)).date()),
        "alpha": design.alpha,
        "variants": design.variants,
        "control_share": 1 / (1 + design.ratio * design.treatments),
        "trigger": design.trigger,
        "power_of_detectable": design.powers[0],
        "runs": _records(runs, RUN_COLUMNS),
        "plans": _plans(runs, design),
        "detectable": _detectable(runs, design),
    }


def render(plan: Plan) -> RenderableType:
    """The plan for a terminal."""
    text = Text(f"\n{plan['metric']}", style="bold")
    text.append(
        f" ({plan['kind']}), data until {plan['data_until']}; {plan['variants']} variants, "
        f"{plan['control_share']:.0%} in the control, alpha {plan['alpha']:g}",
        style="not bold",
    )
    parts = [heading(plan), text]
    if plan["trigger"] is not None:
        parts.append(
            Text(
                f"Only who does {plan['trigger']} enters; what a person does is taken from "
                "everybody active, and may differ for them.",
                style="yellow",
            )
        )
    return Group(*parts, _runs_table(plan), _plans_table(plan), *_plot(plan))


RUN_COLUMNS = {
    "run_days": "days",
    "n": "person_count",
    "daily_units": "new_persons_per_day",
    "mean": "mean_value",
    "standard_deviation": "standard_deviation",
    "variance_reduction": "variance_reduction",
}
PLAN_COLUMNS = {
    "relative_effect": "mde",
    "power": "power",
    "n_control": "control_person_count",
    "n_treatment": "treatment_person_count",
    "n_total": "person_count",
    "days": "days",
    "is_extrapolated": "is_extrapolated",
    "status": "status",
}
EFFECT_COLUMNS = {
    "days": "days",
    "n": "person_count",
    "effect": "mde",
    "is_extrapolated": "is_extrapolated",
}


def _runs(every: pd.DataFrame, metric: str | None) -> pd.DataFrame:
    """The runs of a metric that have numbers, under the names of `planning`."""
    names = ", ".join(sorted(every["metric_name"].unique())) or "none; seeds/metrics.csv is empty"
    if metric is None:
        raise PlanError(f"name a metric with --metric: {names}.")
    own = every[every["metric_name"] == metric]
    if own.empty:
        raise PlanError(f"there is no metric {metric!r}; there are {names}.")
    usable = own[own["status"] == "OK"]
    if usable.empty:
        reason = REASONS[own["status"].iloc[0]].format(days=own["run_days"].min())
        raise PlanError(f"{metric} {reason}")
    renamed = usable.rename(
        columns={
            "person_count": "n",
            "new_persons_per_day": "daily_units",
            "mean_value": "mean",
        }
    )
    return renamed.drop(columns="status").assign(variance=renamed["standard_deviation"] ** 2)


def _triggered(
    connection: duckdb.DuckDBPyConnection, runs: pd.DataFrame, trigger: str
) -> pd.DataFrame:
    """The runs with the persons who do an event, who enter when they first do."""
    counts = []
    for start, end in zip(runs["start_date"].dt.date, runs["end_date"].dt.date, strict=True):
        counts += connection.execute(
            """
            with entered as (
                select person_id, min(event_date) as entered_date
                from marts.events
                where event_name = $trigger and event_date >= $start and event_date < $end
                and not is_bot and person_id is not null
                group by 1
            )
            select count(*), count(*) filter (where entered_date >= $last_week) from entered
            """,
            {
                "trigger": trigger,
                "start": start,
                "end": end,
                "last_week": end - timedelta(days=DAYS_OF_TRAFFIC),
            },
        ).fetchall()
    persons, lately = zip(*counts, strict=True)
    if not any(persons):
        raise PlanError(
            f"nobody did {trigger!r} in the days that are looked at: name an event as in"
            " marts.events.event_name."
        )
    days = runs["run_days"].clip(upper=DAYS_OF_TRAFFIC)
    return runs.assign(n=persons, daily_units=np.array(lately) / days)


def _plans(runs: pd.DataFrame, design: Design) -> list[dict[str, Any]]:
    designs = pd.DataFrame(
        [
            {"relative_effect": effect, "power": power}
            for effect in design.effects
            for power in design.powers
        ]
    ).assign(alpha=design.alpha, ratio=design.ratio, treatment_count=design.treatments)
    plans = []
    for method in METHODS:
        found = days_to_find(_by(method, runs), designs)
        is_longer = (found["days"] > runs["run_days"].max()).fillna(True).astype(bool)
        rows = _records(found.assign(is_extrapolated=is_longer), PLAN_COLUMNS)
        plans += [{"method": method} | row for row in rows]
    return plans


def _detectable(runs: pd.DataFrame, design: Design) -> list[dict[str, Any]]:
    effects = []
    for method in METHODS:
        found = effects_by_day(
            _by(method, runs),
            alpha=design.alpha,
            power=design.powers[0],
            ratio=design.ratio,
            treatments=design.treatments,
            until=LONGEST_DAYS,
        )
        effects += [{"method": method} | row for row in _records(found, EFFECT_COLUMNS)]
    return effects


def _by(method: str, runs: pd.DataFrame) -> pd.DataFrame:
    return runs if method == "cuped" else runs.drop(columns="variance_reduction")


def _records(frame: pd.DataFrame, columns: dict[str, str]) -> list[dict[str, Any]]:
    """Rows as JSON knows them, under our names; what is missing is None."""
    taken = frame[list(columns)].rename(columns=columns).astype(object)
    rows = taken.where(taken.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _grid(title: str, *columns: str) -> RichTable:
    grid = RichTable(
        title=title, title_justify="left", title_style="bold", pad_edge=False, box=None
    )
    for column in columns:
        grid.add_column(column, justify="right")
    return grid


def _runs_table(plan: Plan) -> RenderableType:
    columns = ("days", "persons", "new a day", "mean", "std. deviation", "adjusting saves")
    grid = _grid("\nWhat people did, by how long a run was", *columns)
    for run in plan["runs"]:
        grid.add_row(
            str(run["days"]),
            f"{run['person_count']:,}",
            f"{run['new_persons_per_day']:,.1f}",
            f"{run['mean_value']:,.4g}",
            f"{run['standard_deviation']:,.4g}",
            f"{run['variance_reduction']:.0%}",
        )
    return grid


def _plans_table(plan: Plan) -> RenderableType:
    columns = [f"{what}{label}" for label in METHODS.values() for what in ("persons", "days")]
    grid = _grid("\nHow long until an effect is found", "effect", "power", *columns)
    by_method = [[row for row in plan["plans"] if row["method"] == method] for method in METHODS]
    for rows in zip(*by_method, strict=True):
        cells = [f"{100 * rows[0]['mde']:g} %", f"{rows[0]['power']:g}"]
        for row in rows:
            persons = "" if row["person_count"] is None else f"{row['person_count']:,}"
            cells += [persons, _days_text(row)]
        grid.add_row(*cells)
    return grid


def _days_text(row: dict[str, Any]) -> str:
    if row["days"] is None:
        return CELLS.get(row["status"], str(row["status"]))
    return f"{'~' if row['is_extrapolated'] else ''}{row['days']:,}"


def _plot(plan: Plan) -> list[RenderableType]:
    """A bar for each length: the effect that it finds, and lighter what adjusting saves."""
    by_method = [[e for e in plan["detectable"] if e["method"] == method] for method in METHODS]
    most = max((entry["mde"] or 0 for entry in plan["detectable"]), default=0)
    title = (
        f"\nEffect that is found with power {plan['power_of_detectable']:g}, by length of the run"
    )
    grid = _grid(title, "days", "", "effect", "adjusted")
    grid.columns[1].justify = "left"
    for plain, adjusted in zip(*by_method, strict=True):
        if not plain["mde"] or not adjusted["mde"]:  # nobody does it, or all do the same
            continue
        width, whole = (round(BAR_WIDTH * entry["mde"] / most) for entry in (adjusted, plain))
        mark = "~" if plain["is_extrapolated"] else ""
        grid.add_row(
            f"{mark}{plain['days']}",
            "█" * width + "░" * (whole - width),
            f"{plain['mde']:.1%}",
            f"{adjusted['mde']:.1%}",
        )
    if not grid.row_count:
        return []
    legend = "adjusted: by the time before (CUPED), █   ~: longer than any run that was seen"
    return [grid, Text(legend, style="dim")]
