"""Rates of groups, compared with the rest of their whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

Floats = npt.NDArray[np.float64]

SIGNIFICANCE = 0.05


def compare_with_rest(groups: pa.Table, family: list[str]) -> pa.Table:
    """Compare each group's rate with the rate of all others of its whole.

    `groups` has a row per group with `unit_count`, `success_count`, `rest_unit_count` and
    `rest_success_count`, in units. Added, each null where a side has no units:

    - `difference`, the group's rate less that of the rest, and `difference_low` and
      `difference_high`, its 95 % interval by Newcombe's hybrid score method (1998, method 10);
    - `p_value` of the two-sided pooled z-test, and `p_value_adjusted`, by Holm (1979) over the rows
      that have the same values in the columns of `family`.

    Raises ValueError if a count of successes lies outside 0 and its count of units.
    """
    successes, units, rest_successes, rest_units = (
        groups[name].to_numpy().astype(np.float64)
        for name in ("success_count", "unit_count", "rest_success_count", "rest_unit_count")
    )
    for part, whole in ((successes, units), (rest_successes, rest_units)):
        if ((part < 0) | (part > whole)).any():
            raise ValueError("a count of successes lies outside 0 and its count of units")
    difference, low, high = _newcombe(successes, units, rest_successes, rest_units)
    p_value = _p_value(successes, units, rest_successes, rest_units)
    names = {
        "difference": difference,
        "difference_low": low,
        "difference_high": high,
        "p_value": p_value,
        "p_value_adjusted": holm(p_value, groups.select(family)),
    }
    for name, values in names.items():
        groups = groups.append_column(name, pa.array(values, mask=np.isnan(values)))
    return groups


def holm(p_values: Floats, family: pa.Table) -> Floats:
    """Holm's adjusted p-values, each among the rows of the same family; NaN is no hypothesis.

    Not by statsmodels' `multipletests`, which collects all of Python's garbage in each call.
    """
    adjusted = np.full(len(p_values), np.nan)
    rows_of: dict[tuple[object, ...], list[int]] = {}
    for row in np.flatnonzero(~np.isnan(p_values)):
        key = tuple(column[row].as_py() for column in family.columns)
        rows_of.setdefault(key, []).append(int(row))
    for members in rows_of.values():
        rows = np.array(members)[np.argsort(p_values[members], kind="stable")]
        stepped = p_values[rows] * np.arange(len(rows), 0, -1)
        adjusted[rows] = np.minimum(np.maximum.accumulate(stepped), 1)
    return adjusted


def _newcombe(
    successes: Floats, units: Floats, rest_successes: Floats, rest_units: Floats
) -> tuple[Floats, Floats, Floats]:
    """Difference of two rates and its bounds, from Wilson's bounds of each."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rate, rest_rate = successes / units, rest_successes / rest_units
        low, high = proportion_confint(successes, units, method="wilson")
        rest_low, rest_high = proportion_confint(rest_successes, rest_units, method="wilson")
    difference = rate - rest_rate
    return (
        difference,
        difference - np.hypot(rate - low, rest_high - rest_rate),
        difference + np.hypot(high - rate, rest_rate - rest_low),
    )


def _p_value(
    successes: Floats, units: Floats, rest_successes: Floats, rest_units: Floats
) -> Floats:
    """Of the pooled z-test; 1 where all or none succeed, so that nothing can differ."""
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (successes + rest_successes) / (units + rest_units)
        error = np.sqrt(pooled * (1 - pooled) * (1 / units + 1 / rest_units))
        difference = successes / units - rest_successes / rest_units
        p_value = 2 * norm.sf(np.abs(difference / error))
    return np.where((error == 0) & (difference == 0), 1.0, p_value)
