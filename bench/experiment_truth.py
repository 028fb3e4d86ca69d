"""Experiments, told and true: `python -m bench.experiment_truth --seeds 200 --to FOLDER`.

Simulates four weeks of the company with each seed, as its three apps see it, builds only what
`experiment_results`, `experiment_segments`, `experiment_health` and `experiment_decisions` need,
and keeps each row of the results beside the truth in `experiments/seed_….parquet`. Counts how often
the intervals cover the truth, how often the A/A test says something, and what is decided; exits
with 1 if a rate is out of the bounds that so many seeds leave it.

The simulator gives people with the same number the same variant, whatever the seed, and they come
in order of their age. So that no seed repeats the chance of another, each deals variants out anew.

What is true: an effect multiplies a person's rate in sessions of the apps that carry their login,
since who is not known sees the control. So of everything that exposed people do it moves as large a
part as they do in such sessions, which `truth/sessions` has.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
from scipy.stats import binom

from bench.build import loaded_dbt
from bench.companies import every_seed, seeds_and_folder, simulate_part
from bench.experiment_bars import ALPHA, Bar, show
from headwater.simulate import company
from headwater.simulate.company import DESKTOP, PHONE, WEB
from headwater.simulate.events import APP_RATES
from headwater.simulate.kinds import Kind
from headwater.simulate.run import Settings

DAYS, START, SCALE = 28, "2025-01-01", 0.06  # days and people enough for what is to be decided
APPS = (WEB, PHONE, DESKTOP)
MARTS = ("experiment_results", "experiment_segments", "experiment_health", "experiment_decisions")
# The acts that a metric counts. A lift of those in PROPORTION is that of the act itself.
ACTS = {
    "saves": "save", "saves_per_view": "save", "savers": "save",
    "clicks": "click", "clicks_p90": "click",
}  # fmt: skip
METHODS = ("unadjusted", "cuped")
IN_PROPORTION = ("saves", "saves_per_view", "clicks")
COVERED = 1 - ALPHA  # of the intervals
FOUND = 0.9  # of the seeds: an effect or a loss that this many people show may be missed
BY_CHANCE = 0.001  # on either side, of a bar
RATIO_ALPHA = 0.001  # srm_alpha in seeds/experiments.csv

Truth = dict[tuple[str, str, str, str], float]  # experiment, variant, act, intent or all: a lift


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every seed that was not run; 1 if a bar is missed."""
    parser = seeds_and_folder("bench.experiment_truth", __doc__)
    options = parser.parse_args(arguments)
    found = every_seed(
        options,
        "experiments",
        runner(options.to.resolve()),
        lambda rows: print(f"{len(rows['seed'].unique())} seeds", flush=True),
    )
    return int(show(bars(found.to_pandas())) > 0)


def runner(folder: Path) -> Callable[[int], pa.Table]:
    """Simulate and build one company after the other at the same place, with dbt loaded once."""
    landing, warehouse = folder / "landing", folder / "warehouse.duckdb"

    @cache
    def prepared() -> tuple[Callable[..., None], Path]:
        """dbt, and a warehouse that holds nothing but the seeds."""
        dbt, seeds = loaded_dbt(landing, warehouse), folder / "seeds.duckdb"
        warehouse.unlink(missing_ok=True)
        dbt("seed")
        with_simulated_dates(warehouse)
        warehouse.replace(seeds)
        return dbt, seeds

    def run_seed(seed: int) -> pa.Table:
        shutil.rmtree(landing, ignore_errors=True)
        settings = Settings(scale=SCALE, days=DAYS, start=START, seed=seed)
        dealt = tuple(replace(experiment, deal=seed) for experiment in company.EXPERIMENTS)
        simulate_part(settings, landing, APPS, EXPERIMENTS=dealt)
        dbt, seeds = prepared()
        shutil.copy(seeds, warehouse)
        dbt("run", "--threads", "1", "--select", *(f"+{mart}" for mart in MARTS))
        return compared(landing, warehouse, seed)

    return run_seed


def with_simulated_dates(warehouse: Path) -> None:
    """Let the experiments of the seeds run on the days on which the simulator runs them."""
    start = date.fromisoformat(START)
    with duckdb.connect(str(warehouse)) as connection:
        for experiment in company.EXPERIMENTS:
            days = company.experiment_days(experiment, DAYS)
            connection.execute(
                "update seeds.experiments set start_date = ?, end_date = ? "
                "where experiment_name = ?",
                [
                    str(start + timedelta(days.start)),
                    str(start + timedelta(days.stop)),
                    experiment.experiment_id,
                ],
            )


def compared(landing: Path, warehouse: Path, seed: int) -> pa.Table:
    """Every row of the results with its true lift, what was decided, and which checks failed."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as built (read_only)")
        true = true_lifts(connection, landing)
        results = connection.execute(
            f"""
            with checks as (
                select
                    experiment_name,
                    coalesce(
                        string_agg(check_name, ',' order by check_name)
                            filter (where verdict in ('warn', 'fail')),
                        ''
                    ) as failed_checks
                from built.marts.experiment_health
                group by 1
            )
            select
                {seed} as seed, experiment_name, metric_name, treatment, method, segment_name,
                segment_value, role, status, cuped_status, n_control, n_treatment, mean_control,
                diff, lift, lift_ci_low, lift_ci_high, p_value, p_adj, seq_ci_low, seq_ci_high,
                seq_p_value, segments.interaction_p_value, decisions.decision,
                decisions.divided_segment, decisions.is_final, checks.failed_checks
            from built.marts.experiment_results as results
            inner join built.marts.experiment_decisions as decisions
                using (experiment_name, treatment)
            inner join checks using (experiment_name)
            left join (
                select
                    experiment_name, metric_name, treatment, segment_name, segment_value, method,
                    interaction_p_value
                from built.marts.experiment_segments
            ) as segments
                using (
                    experiment_name, metric_name, treatment, segment_name, segment_value, method
                )
            order by all
            """
        ).df()
    is_told = results["segment_name"].isin(("all", "intent"))
    keys = ["experiment_name", "treatment", "metric_name", "segment_value"]
    of_rows = zip(*(results[key].tolist() for key in keys), is_told.tolist(), strict=True)
    results["truth"] = [
        truth_of(experiment, treatment, metric, place if told else None, true)
        for experiment, treatment, metric, place, told in of_rows
    ]
    return pa.Table.from_pandas(results, preserve_index=False)


def true_lifts(connection: duckdb.DuckDBPyConnection, landing: Path) -> Truth:
    """Of each act that an effect was planted on, for each intent and for everybody."""
    reached = connection.execute(
        f"""
        select
            experiments.experiment_id, persons.user_intent,
            count(*) as session_count,
            count(*) filter (where sessions.is_known) as known_count
        from '{landing}/truth/experiment_assignments.parquet' as assignments
        inner join '{landing}/truth/experiments.parquet' as experiments using (experiment_id)
        inner join '{landing}/truth/persons.parquet' as persons using (person)
        inner join '{landing}/truth/sessions.parquet' as sessions
            on
                assignments.person = sessions.person
                and sessions.activity_date
                between assignments.first_exposed_date and experiments.last_date
        group by 1, 2
        """
    ).fetchall()
    effects = connection.execute(
        f"select experiment_id, effects from '{landing}/truth/experiments.parquet'"
    ).fetchall()
    sessions = {(name, intent): counts for name, intent, *counts in reached}
    true = {}
    for name, planted in effects:
        factors = {
            (effect["variant"], effect["event"], effect["user_intent"]): effect["factor"]
            for effect in json.loads(planted)
        }
        for variant, act in {key[:2] for key in factors}:
            before = added = 0.0
            for intent, bend in zip(company.INTENTS, APP_RATES[Kind[act.upper()]][1], strict=True):
                every, known = sessions[name, intent]
                factor = factors.get((variant, act, intent), factors.get((variant, act, "*"), 1.0))
                true[name, variant, act, intent] = known * (factor - 1) / every
                before, added = before + every * bend, added + known * bend * (factor - 1)
            true[name, variant, act, "all"] = added / before
    return true


def truth_of(
    experiment: str, treatment: str, metric: str, place: str | None, true: Truth
) -> float | None:
    """The true lift of a metric, in the intent or for `all` at a place.

    None where it is not known how much of what was planted shows in the metric or the segment.
    """
    act = ACTS.get(metric)
    if act is None or (experiment, treatment, act, "all") not in true:
        return 0.0
    if metric not in IN_PROPORTION or place is None:
        return None
    return true[experiment, treatment, act, place]


def bars(found: pd.DataFrame) -> Iterator[Bar]:
    """What must be true of the seeds; each counts once, however many of its rows say the same."""
    yield from coverage(found)
    yield from alarms(found)
    yield from decisions(found.drop_duplicates(["seed", "experiment_name", "treatment"]))


def coverage(found: pd.DataFrame) -> Iterator[Bar]:
    """How often the intervals of what was planted cover it, and those of what was not cover 0."""
    seeds = found["seed"].nunique()
    for experiment, variant, intent, act in planted():
        place = "all" if intent == "*" else intent
        for metric, method in product(IN_PROPORTION, METHODS):
            rows = found[
                (found["experiment_name"] == experiment)
                & (found["treatment"] == variant)
                & (found["segment_value"] == place)
                & (found["metric_name"] == metric)
                & (found["method"] == method)
            ]
            if ACTS[metric] == act and len(rows):
                name = f"{experiment} {variant}, {place}: {metric}, {method}"
                yield near(name, seeds, covered(rows))
    nothing = found[(found["segment_name"] == "all") & (found["truth"] == 0)]
    for method in METHODS:
        rows = nothing[nothing["method"] == method]
        yield near(f"nothing planted, {method}", seeds, covered(rows))
        rows = rows[rows["seq_ci_low"].notna()]
        always = (rows["seq_ci_low"] <= 0) & (rows["seq_ci_high"] >= 0)
        yield at_least(f"nothing planted, {method}, always valid", seeds, float(always.mean()))


def planted() -> Iterator[tuple[str, str, str, str]]:
    """Experiment, variant, intent and act of each planted effect."""
    for experiment in company.EXPERIMENTS:
        for variant, effects in experiment.effects.items():
            for intent, act in effects:
                yield experiment.experiment_id, variant, intent, act


def alarms(found: pd.DataFrame) -> Iterator[Bar]:
    """How often the A/A test says something, of everybody and of the values of a segment."""
    seeds = found["seed"].nunique()
    goals = found[(found["experiment_name"] == "aa_check") & (found["role"] == "goal")]
    for method in METHODS:
        families = goals[goals["method"] == method].groupby(["seed", "segment_name"])["p_adj"].min()
        is_whole = families.index.get_level_values("segment_name") == "all"
        for name, own in (("", families[is_whole]), (" in a segment", families[~is_whole])):
            rate = float((own < ALPHA).mean())
            yield at_most(f"A/A, any goal{name}, {method}", seeds, rate)


def decisions(found: pd.DataFrame) -> Iterator[Bar]:
    """What is decided, by a row per seed and treatment."""
    seeds = found["seed"].nunique()
    tour, layout, same = (
        found[found["experiment_name"] == name]
        for name in ("onboarding_tour", "board_layout", "aa_check")
    )
    is_ratio_wrong = tour["failed_checks"].str.contains("sample_ratio")
    yield Bar("onboarding_tour: lost people noticed", seeds, is_ratio_wrong.mean(), FOUND, 1)
    invalid = (tour["decision"] == "invalid") == is_ratio_wrong
    yield Bar("onboarding_tour: invalid if and only if noticed", seeds, invalid.mean(), 1, 1)
    by_intent = layout["decision"].eq("segment_aware_rollout") & layout["divided_segment"].eq(
        "intent"
    )
    yield Bar("board_layout: rolled out by intent", seeds, by_intent.mean(), FOUND, 1)
    decided = same["decision"] != "keep_running"
    # Goals are one family of tests, and what divides them another.
    yield at_most("A/A, anything decided", seeds, decided.mean(), 2 * ALPHA)
    others = found[found["experiment_name"] != "onboarding_tour"].drop_duplicates(
        ["seed", "experiment_name"]
    )
    wrong = others["failed_checks"].str.contains("sample_ratio")
    yield at_most("sample ratio of the others complains", len(others), wrong.mean(), RATIO_ALPHA)


def at_least(name: str, count: int, result: float, rate: float = COVERED) -> Bar:
    """Below the rate by chance in BY_CHANCE of the runs at most."""
    return Bar(name, count, result, float(binom.ppf(BY_CHANCE, count, rate)) / count, 1)


def at_most(name: str, count: int, result: float, rate: float = ALPHA) -> Bar:
    """Above the rate by chance in BY_CHANCE of the runs at most."""
    return Bar(name, count, result, 0, float(binom.isf(BY_CHANCE, count, rate)) / count)


def near(name: str, count: int, result: float) -> Bar:
    """As often as COVERED says, by both bounds."""
    return replace(at_least(name, count, result), high=at_most(name, count, 0, COVERED).high)


def covered(rows: pd.DataFrame) -> float:
    """Share of the intervals of the lift that contain the truth."""
    known = rows[rows["lift_ci_low"].notna()]
    return float(known["truth"].between(known["lift_ci_low"], known["lift_ci_high"]).mean())


if __name__ == "__main__":
    sys.exit(main())
