"""How many units an experiment needs, and how many days it takes to see them.

`baselines` says what units do without any treatment, `plan` what a design needs, `days_to_find` and
`effects_by_day` what that means for how long an experiment runs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from headwater.statistics.experiments.columns import (
    Flags,
    Floats,
    Texts,
    as_frame,
    counts,
    keys_of,
    numbers,
    require,
    texts,
)
from headwater.statistics.experiments.moments import (
    METRIC_TYPES,
    D,
    E,
    Moments,
    X,
    Y,
    is_known,
    metric_moments,
)
from headwater.statistics.experiments.status import first_of

DAYS_OF_TRAFFIC = 7
# What is known of a run.
RUN = ("run_days", "n", "mean", "variance", "daily_units")
# What is taken where a column is absent, or a value missing.
DEFAULTS = {"ratio": 1.0, "treatment_count": 1.0, "variance_reduction": 0.0, "units_so_far": 0.0}


def units_needed(
    baseline: Floats,
    *,
    variance_control: Floats,
    variance_treatment: Floats,
    relative_effect: Floats,
    alpha: Floats,
    power: Floats,
    ratio: Floats,
) -> Floats:
    """Units of the control for which a two-sided test finds a lift with a power.

    Args:
        baseline: the metric's mean; shape (rows,), as all others.
        variance_control: of a unit.
        variance_treatment: of a unit.
        relative_effect: the lift to be found, as a share of the baseline, not 0.
        alpha: in (0, 1).
        power: in (0, 1).
        ratio: units of the treatment by units of the control, above 0.

    Returns:
        Not rounded; infinite where the baseline is 0.

    Source: the normal approximation, as statsmodels' NormalIndPower.
    """
    quantiles = norm.isf(alpha / 2) + norm.ppf(power)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = variance_control + variance_treatment / ratio
        return np.asarray(quantiles**2 * spread / (relative_effect * baseline) ** 2)


def detectable_effect(
    baseline: Floats,
    *,
    variance_control: Floats,
    variance_treatment: Floats,
    n_control: Floats,
    alpha: Floats,
    power: Floats,
    ratio: Floats,
) -> Floats:
    """The lift that so many units find: the inverse of `units_needed`, with its arguments."""
    quantiles = norm.isf(alpha / 2) + norm.ppf(power)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (variance_control + variance_treatment / ratio) / n_control
        return np.asarray(quantiles * np.sqrt(spread) / np.abs(baseline))


def daily_units(new_units: Floats) -> float:
    """Mean of the last seven full days.

    Args:
        new_units: units first seen on each full day, oldest first; shape (days,).

    Returns:
        Units per day; 0 without days.
    """
    return float(np.mean(new_units[-DAYS_OF_TRAFFIC:])) if len(new_units) else 0.0


def plan(metrics: pd.DataFrame) -> pd.DataFrame:
    """Units and days until each metric's effect would be found.

    Args:
        metrics: a row per plan. Needed: `mean` and `variance` of a unit, `relative_effect` (a share
            of the mean, above 0), `alpha` and `power` in (0, 1), `daily_units` that enter the
            experiment per day. If there: `variance_treatment` (that of the control where missing),
            `ratio` of units in each treatment to units in the control (1), `treatment_count` (1),
            `variance_reduction` by CUPED in [0, 1) (0), `units_so_far` (0).

    Returns:
        The rows, with `n_control`, `n_treatment` (of each) and `n_total`, rounded up; `days` that
        are left, rounded up; and `status`: INVALID_CONFIG, BASELINE_ZERO, ZERO_VARIANCE,
        NO_TRAFFIC (the units stay, days are null) or OK.

    Raises:
        ValueError: a column is missing.

    Source: the normal approximation of `units_needed`.
    """
    names = ("mean", "variance", "relative_effect", "alpha", "power", "daily_units")
    require(metrics, names)
    mean, variance, effect, alpha, power, daily = (numbers(metrics, name) for name in names)
    ratio, treatments, reduction, so_far = (
        np.where(np.isnan(numbers(metrics, name)), default, numbers(metrics, name))
        for name, default in DEFAULTS.items()
    )
    of_treatment = numbers(metrics, "variance_treatment")
    left = 1 - reduction
    own, other = variance * left, np.where(np.isnan(of_treatment), variance, of_treatment) * left
    is_valid = _are_shares(alpha, power) & (effect > 0) & (ratio > 0) & (treatments >= 1)
    is_valid &= (left > 0) & (left <= 1) & (own >= 0) & (other >= 0) & (so_far >= 0)
    needed = units_needed(
        mean,
        variance_control=own,
        variance_treatment=other,
        relative_effect=effect,
        alpha=alpha,
        power=power,
        ratio=ratio,
    )
    control = np.ceil(needed)
    is_found = is_valid & (mean != 0) & (own + other > 0) & np.isfinite(control)
    control = np.where(is_found, control, np.nan)
    treatment = np.ceil(control * ratio)
    whole = control + treatments * treatment
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(daily > 0, np.ceil(np.maximum(whole - so_far, 0) / daily), np.nan)
    status = np.select(
        [~is_valid, mean == 0, own + other == 0, ~is_found, ~(daily > 0)],
        ["INVALID_CONFIG", "BASELINE_ZERO", "ZERO_VARIANCE", "INVALID_CONFIG", "NO_TRAFFIC"],
        "OK",
    )
    found = {"n_control": control, "n_treatment": treatment, "n_total": whole, "days": days}
    columns = as_frame(
        {name: counts(values) for name, values in found.items()} | {"status": status.astype(object)}
    )
    return metrics.assign(**{name: columns[name].array for name in (*found, "status")})


def baselines(statistics: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """A metric's mean and spread over units that nobody treats, from their sufficient statistics.

    Args:
        statistics: a row per `keys` as `summarise` makes them, y and d of the time that counts, x
            and e of the time before, with `metric_type`.
        keys: what tells the rows apart.

    Returns:
        The rows in their order, with `keys`; `n`; `mean`, of a ratio that of the sums;
        `standard_deviation` of a unit, of a ratio the linearised one, both in the metric's unit;
        `variance_reduction`, the share of the variance that CUPED takes away, 0 where the time
        before says nothing; `status`: INVALID_CONFIG, QUANTILE (which has no plan), NO_UNITS,
        NON_FINITE_INPUT, ZERO_DENOMINATOR, INSUFFICIENT_UNITS or OK. Without OK numbers are null.

    Raises:
        ValueError: a column is missing.

    Source: delta method and CUPED as in `moments` and `estimates.pooled_theta`.
    """
    require(statistics, [*keys, "metric_type", "n", "n_non_finite"])
    with np.errstate(all="ignore"):
        units = metric_moments(statistics)
        variance = units.variance(Y, D)
        status = _baseline_statuses(statistics, units, variance)
        shared, before = units.linearised((Y, D), (X, E)), units.variance(X, E)
        reduction = np.nan_to_num(shared**2 / (variance * before), posinf=0)
        found = {
            "mean": units.ratio(Y, D),
            "standard_deviation": np.sqrt(variance),
            "variance_reduction": np.clip(reduction, 0, 1),
        }
    rows = np.arange(len(statistics), dtype=np.int64)
    return as_frame(
        keys_of(statistics, keys, rows)
        | {"n": counts(units.n)}
        | {name: np.where(status == "OK", values, np.nan) for name, values in found.items()}
        | {"status": status}
    )


def days_to_find(runs: pd.DataFrame, designs: pd.DataFrame) -> pd.DataFrame:
    """How long an experiment has to run until it finds an effect.

    It takes the shortest run that had enough units. Where none had, it goes on from the longest:
    what units do stays as it was in that run, and `daily_units` more enter every day.

    Args:
        runs: of one metric, a row per length: `run_days`, `n` units that entered, `mean` and
            `variance` of a unit, `daily_units` that entered per day at the end, and if there
            `variance_reduction`.
        designs: a row per plan: `relative_effect`, `alpha`, `power`, and if there `ratio` and
            `treatment_count`, as in `plan`.

    Returns:
        The designs in their order, with the columns of the run that was taken and those of `plan`;
        `days` are the whole run's, null where nobody enters any more.

    Raises:
        ValueError: a column is missing, or there is no run.
    """
    require(runs, RUN)
    if runs.empty:
        raise ValueError("there is no run")
    ordered = runs.sort_values("run_days")
    every = designs.assign(design=range(len(designs))).merge(ordered, how="cross")
    found = plan(every.assign(units_so_far=every["n"]))
    is_enough = numbers(found, "n_total") <= numbers(found, "n")
    is_longest = numbers(found, "run_days") == ordered["run_days"].iloc[-1]
    days = numbers(found, "run_days") + np.where(is_enough, 0, numbers(found, "days"))
    status = np.where(is_enough, "OK", found["status"])
    columns = as_frame({"days": counts(days), "status": status.astype(object)})
    taken: pd.DataFrame = found.assign(days=columns["days"].array, status=columns["status"].array)
    taken = taken[is_enough | is_longest].drop_duplicates("design")
    return taken.drop(columns=["design", "units_so_far"]).reset_index(drop=True)


def effects_by_day(
    runs: pd.DataFrame, *, alpha: float, power: float, ratio: float, treatments: int, until: int
) -> pd.DataFrame:
    """The lift that an experiment finds, by how long it runs.

    Args:
        runs: as in `days_to_find`.
        alpha: in (0, 1).
        power: in (0, 1).
        ratio: units of each treatment by units of the control, above 0.
        treatments: how many there are.
        until: days up to which it goes on from the longest run, in weeks, as `days_to_find` does.

    Returns:
        A row per length, shortest first: `days`, `n` units, `effect` as a share of the mean, null
        where the mean is 0 or there are no units; `is_extrapolated`.

    Raises:
        ValueError: a column is missing, or there is no run.
    """
    require(runs, RUN)
    if runs.empty:
        raise ValueError("there is no run")
    ordered = runs.sort_values("run_days")
    longest = int(ordered["run_days"].iloc[-1])
    further = range(longest + 7, until + 1, 7)
    rows = ordered.iloc[[*range(len(ordered)), *[-1] * len(further)]]
    past = np.array([0.0] * len(ordered) + [days - longest for days in further])
    units = numbers(rows, "n") + past * numbers(rows, "daily_units")
    variance = numbers(rows, "variance") * (1 - np.nan_to_num(numbers(rows, "variance_reduction")))
    effect = detectable_effect(
        numbers(rows, "mean"),
        variance_control=variance,
        variance_treatment=variance,
        n_control=units / (1 + ratio * treatments),
        alpha=np.full(len(rows), alpha),
        power=np.full(len(rows), power),
        ratio=np.full(len(rows), ratio),
    )
    found = {"days": counts(numbers(rows, "run_days") + past), "n": counts(units)}
    return as_frame(found | {"effect": effect, "is_extrapolated": past > 0})


def _baseline_statuses(statistics: pd.DataFrame, units: Moments, variance: Floats) -> Texts:
    kind = texts(statistics, "metric_type").astype("U")
    return first_of(
        ("INVALID_CONFIG", ~np.isin(kind, METRIC_TYPES)),
        ("QUANTILE", kind == "quantile"),
        ("NO_UNITS", units.n < 1),
        ("NON_FINITE_INPUT", (numbers(statistics, "n_non_finite") > 0) | ~is_known(units, (Y, D))),
        ("ZERO_DENOMINATOR", units.mean(D) == 0),
        ("INSUFFICIENT_UNITS", units.n < 2),
        ("NON_FINITE_INPUT", ~np.isfinite(variance)),
        otherwise="OK",
    )


def _are_shares(*values: Floats) -> Flags:
    return np.asarray(np.all([(value > 0) & (value < 1) for value in values], axis=0))
