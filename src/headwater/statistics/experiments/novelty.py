"""Whether an effect fades or grows with the days since units first met it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import t

from headwater.statistics.experiments.columns import (
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
    size = len(first)
    day, lift, error = (numbers(days, name) for name in ("days_since_exposure", "lift", "lift_se"))
    is_known = np.isfinite(day) & np.isfinite(lift) & (error > 0)
    weight = np.where(is_known, 1 / np.where(is_known, error, 1) ** 2, 0)
    day, lift = np.where(is_known, day, 0), np.where(is_known, lift, 0)
    day_count = total(is_known, number, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = total(weight, number, size)
        middle, mean = (total(weight * one, number, size) / weights for one in (day, lift))
        away, apart = day - middle[number], lift - mean[number]
        spread = total(weight * away**2, number, size)
        slope = total(weight * away * apart, number, size) / spread
        residual = total(weight * (apart - slope[number] * away) ** 2, number, size)
        freedom = np.where((day_count >= FEWEST_DAYS) & (spread > 0), day_count - 2, np.nan)
        slope_error = np.sqrt(residual / freedom / spread)
        p_value = 2 * t.sf(np.abs(slope / slope_error), freedom)
    trend = np.select(
        [~np.isfinite(p_value), p_value >= alpha, slope * mean < 0],
        ["", "steady", "fading"],
        "growing",
    ).astype(object)
    trend[trend == ""] = None
    return as_frame(
        keys_of(days, keys, first)
        | {
            "day_count": counts(day_count),
            "lift_at_start": np.where(np.isnan(freedom), np.nan, mean - slope * middle),
            "slope": np.where(np.isnan(freedom), np.nan, slope),
            "slope_se": slope_error,
            "p_value": p_value,
            "trend": trend,
        }
    )
