"""Whether an effect fades or grows with the days since units first met it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from headwater.statistics.experiments.columns import (
    Floats,
    Integers,
    as_frame,
    counts,
    groups,
    keys_of,
    numbers,
    require,
    total,
)

KEYS = ("experiment_id", "metric_id", "treatment", "method")
FEWEST_DAYS = 3  # a line through two has no residual


def novelty_slopes(
    days: pd.DataFrame, keys: Sequence[str] = KEYS, alpha: float = 0.05
) -> pd.DataFrame:
    """Regress the daily lift on the days since exposure, weighted by its precision.

    A warning only: nothing is corrected by it.

    Args:
        days: a row per `keys` and `days_since_exposure` with `lift` and `lift_se`, shares of the
            control's mean; days without either do not count.
        keys: what makes a comparison.
        alpha: p-value below which the lift is not steady, in (0, 1).

    Returns:
        A row per `keys`: `day_count`; `lift_at_start` (on day 0, by the line); `slope` and
        `slope_se`, lift per day; `p_value`; `trend`: fading (the slope has not the sign of the
        mean lift), growing (it has) or steady; null below three days.

    Raises:
        ValueError: a column is missing, or alpha is not in (0, 1).

    Source: weighted least squares with weights 1 / lift_se ** 2 and the scale estimated from the
    residuals, as statsmodels' WLS.
    """
    require(days, [*keys, "days_since_exposure", "lift", "lift_se"])
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be in (0, 1), got {alpha}")
    number, first = groups(days, keys)
    lines = _fit(days, number, len(first))
    p_value = 2 * t.sf(np.abs(lines.slope / lines.error), lines.freedom)
    trend = np.select(
        [~np.isfinite(p_value), p_value >= alpha, lines.slope * lines.mean < 0],
        ["", "steady", "fading"],
        "growing",
    ).astype(object)
    trend[trend == ""] = None
    return as_frame(
        keys_of(days, keys, first)
        | {
            "day_count": counts(lines.size),
            "lift_at_start": lines.start,
            "slope": lines.slope,
            "slope_se": lines.error,
            "p_value": p_value,
            "trend": trend,
        }
    )


class _Lines(NamedTuple):
    """Of each comparison; all but the first NaN below three days."""

    size: Floats  # days that count
    mean: Floats
    start: Floats
    slope: Floats
    error: Floats  # of the slope
    freedom: Floats


def _fit(days: pd.DataFrame, number: Integers, count: int) -> _Lines:
    """Weighted least squares in each group."""
    day, lift, error = (numbers(days, name) for name in ("days_since_exposure", "lift", "lift_se"))
    is_known = np.isfinite(day) & np.isfinite(lift) & (error > 0)
    weight = np.where(is_known, 1 / np.where(is_known, error, 1) ** 2, 0)
    day, lift = np.where(is_known, day, 0), np.where(is_known, lift, 0)
    size = total(is_known, number, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = total(weight, number, count)
        middle, mean = (total(weight * one, number, count) / weights for one in (day, lift))
        away, apart = day - middle[number], lift - mean[number]
        spread = total(weight * away**2, number, count)
        spread = np.where((size >= FEWEST_DAYS) & (spread > 0), spread, np.nan)
        slope = total(weight * away * apart, number, count) / spread
        residual = total(weight * (apart - slope[number] * away) ** 2, number, count)
        slope_error = np.sqrt(residual / (size - 2) / spread)
    return _Lines(size, mean, mean - slope * middle, slope, slope_error, size - 2)
