"""Rates of groups, compared with the rest of their whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

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
    has_both = (units > 0) & (rest_units > 0)
    difference, low, high, p_value = np.full((4, len(groups)), np.nan)
    for row in np.flatnonzero(has_both):
        mine, others = (successes[row], units[row]), (rest_successes[row], rest_units[row])
        difference[row] = mine[0] / mine[1] - others[0] / others[1]
        low[row], high[row] = confint_proportions_2indep(
            *mine, *others, method="newcomb", compare="diff"
        )
        p_value[row] = _p_value(*mine, *others)
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
    """Holm's adjusted p-values, each among the rows of the same family; NaN is no hypothesis."""
    adjusted = np.full(len(p_values), np.nan)
    keys = np.array([str(row) for row in family.to_pylist()])
    for key in np.unique(keys):
        rows = np.flatnonzero((keys == key) & ~np.isnan(p_values))
        if len(rows):
            adjusted[rows] = multipletests(p_values[rows], method="holm")[1]
    return adjusted


def _p_value(successes: float, units: float, rest_successes: float, rest_units: float) -> float:
    """Of the pooled z-test; 1 where all or none succeed, so that nothing can differ."""
    if successes + rest_successes in (0, units + rest_units):
        return 1.0
    return float(proportions_ztest([successes, rest_successes], [units, rest_units])[1])
