"""How many units an experiment needs, and how many days it takes to see them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from headwater.statistics.experiments.columns import (
    Flags,
    Floats,
    as_frame,
    counts,
    numbers,
    require,
)

DAYS_OF_TRAFFIC = 7
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

    Source: EXPERIMENT_SPEC section 4, planning.
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


def _are_shares(*values: Floats) -> Flags:
    return np.asarray(np.all([(value > 0) & (value < 1) for value in values], axis=0))
