"""Sufficient statistics of units, and how those of parts make up those of the whole.

The reference for what SQL computes: values are centred on one shift per experiment and metric
before anything is squared, or a mean of a million would cost twelve digits of a variance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from headwater.statistics.experiments.columns import (
    Floats,
    Integers,
    as_frame,
    counts,
    flags,
    groups,
    keys_of,
    numbers,
    require,
    total,
)
from headwater.statistics.experiments.moments import (
    NAMES,
    PAIRS,
    QUANTILE_NORMAL,
    Moments,
    Y,
    read_moments,
)

KEYS = ("experiment_id", "metric_id", "variant", "segment_name", "segment_value")
SHIFT_KEYS = ("experiment_id", "metric_id")


def cap_bounds(
    values: Floats,
    lower: float | None = None,
    upper: float | None = None,
    *,
    ignore_zeros: bool = False,
) -> tuple[float | None, float | None]:
    """Quantiles of all included arms' units together, between which values are to be clipped.

    Args:
        values: of one metric, every arm; shape (units,).
        lower: share in [0, 1] of units below the lower cap; None for no cap.
        upper: share in [0, 1] of units below the upper cap; None for no cap.
        ignore_zeros: leave zeros out, so that a rare event is not capped to nothing.

    Returns:
        Both caps, by linear interpolation; None where not asked for, or without a finite value.
    """
    kept = values[np.isfinite(values) & ~(ignore_zeros & (values == 0))]
    bounds = [
        None if share is None or not len(kept) else float(np.quantile(kept, share))
        for share in (lower, upper)
    ]
    return bounds[0], bounds[1]


def summarise(
    units: pd.DataFrame,
    keys: Sequence[str] = KEYS,
    shift_keys: Sequence[str] = SHIFT_KEYS,
) -> pd.DataFrame:
    """Reduce units to the sufficient statistics of their arms.

    Args:
        units: a row per unit and `keys`: `y`, and if there is one the denominator `d`, the
            pre-period's `x` and its denominator `e`, all as they shall count (capped, 0 where a
            unit did nothing); NaN and infinity are counted as not finite. `has_pre` says which
            units have a pre-period (all, if there is an `x`). `cap_lower`, `cap_upper`, and for
            quantiles `q` in (0, 1), are constant by keys.
        keys: of a row of statistics.
        shift_keys: whose units have one shift, the mean of all of their finite values.

    Returns:
        A row per `keys`: n, n_non_finite, n_with_pre, n_nonzero, shift_*, m_* (mean less shift),
        c_* (variances and covariances, divided by n - 1, null below two units), skew_y (adjusted,
        as DuckDB's `skewness`; null below three units), cap_*, and q_hat, q_low, q_high: the
        quantile at q, and at q -+ 1.96 * sqrt(q * (1 - q) / n), each by linear interpolation.

    Raises:
        ValueError: a column is missing.

    Source: Chan, Golub and LeVeque (1983), The American Statistician 37; EXPERIMENT_SPEC 3.1.
    """
    require(units, [*keys, "y"])
    number, first = groups(units, keys)
    values = np.stack([numbers(units, name) for name in NAMES])
    for place, is_absent in enumerate([name not in units for name in NAMES]):
        if is_absent and NAMES[place] in "de":
            values[place] = 1
    is_given = np.array([name in units or name in "de" for name in NAMES])
    is_finite = np.isfinite(values[is_given]).all(axis=0)
    with np.errstate(all="ignore"):
        shift = _shifts(units, shift_keys, values)
        centred, covariance, skewness = _centred(values - shift, number, len(first))
    sizes = np.bincount(number, minlength=len(first)).astype(np.float64)
    has_pre = flags(units, "has_pre", default="x" in units) & np.isfinite(values[2])
    columns = keys_of(units, keys, first) | {
        "n": counts(sizes),
        "n_non_finite": counts(total(~is_finite, number, len(first))),
        "n_with_pre": counts(total(has_pre, number, len(first))),
        "n_nonzero": counts(total(is_finite & (values[Y] != 0), number, len(first))),
    }
    columns |= {f"shift_{name}": shift[place][first] for place, name in enumerate(NAMES)}
    columns |= {f"m_{name}": centred[place] for place, name in enumerate(NAMES)}
    columns |= {f"c_{p}": covariance[NAMES.index(p[0]), NAMES.index(p[1])] for p in PAIRS}
    columns |= {"skew_y": skewness}
    columns |= {name: numbers(units, name)[first] for name in ("cap_lower", "cap_upper")}
    return as_frame(columns | _order_statistics(values[Y], number, numbers(units, "q")[first]))


def merge(statistics: pd.DataFrame, keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """Add up parts that share no unit (segments, days): the statistics of all their units.

    Args:
        statistics: as `summarise` returns them, a row per part.
        keys: of the whole; `variant` belongs to them.

    Returns:
        A row per `keys`, with the same columns. Quantiles cannot be merged and are null; caps are
        those of the parts, null where they differ.

    Raises:
        ValueError: a column is missing, or parts of one whole have different shifts.

    Source: Chan, Golub and LeVeque (1983), The American Statistician 37, equation 2.1; the third
    moment: Pebay (2008), Sandia report SAND2008-6212, equation 2.1.
    """
    require(statistics, [*keys, "n"])
    number, first = groups(statistics, keys)
    parts = read_moments(statistics)
    _check_shifts(parts, number, first)
    count = len(first)
    names = ("n_non_finite", "n_with_pre", "n_nonzero")
    with np.errstate(all="ignore"):
        whole, third = _merged(parts, numbers(statistics, "skew_y"), number, count)
        skewness = _adjusted_skewness(whole.n, whole.covariance[Y, Y] * (whole.n - 1), third)
    columns = keys_of(statistics, keys, first) | {"n": counts(whole.n)}
    for name in names:
        columns[name] = counts(total(np.nan_to_num(numbers(statistics, name)), number, count))
    columns |= {f"shift_{name}": parts.shift[place][first] for place, name in enumerate(NAMES)}
    columns |= {f"m_{name}": whole.centred[place] for place, name in enumerate(NAMES)}
    columns |= {f"c_{p}": whole.covariance[NAMES.index(p[0]), NAMES.index(p[1])] for p in PAIRS}
    columns["skew_y"] = skewness
    for name in ("cap_lower", "cap_upper"):
        columns[name] = _shared(numbers(statistics, name), number, first)
    return as_frame(columns | dict.fromkeys(("q_hat", "q_low", "q_high"), np.full(count, np.nan)))


def _shifts(units: pd.DataFrame, keys: Sequence[str], values: Floats) -> Floats:
    """The mean of the finite values of each unit's experiment and metric; shape (4, units)."""
    number, first = groups(units, keys)
    is_finite = np.isfinite(values)
    sums = [
        total(np.where(finite, value, 0), number, len(first)) / total(finite, number, len(first))
        for value, finite in zip(values, is_finite, strict=True)
    ]
    return np.stack(sums)[:, number]


def _centred(values: Floats, number: Integers, count: int) -> tuple[Floats, Floats, Floats]:
    """Means (4, count), covariances (4, 4, count) and skewness of y (count,), in two passes."""
    n = np.bincount(number, minlength=count).astype(np.float64)
    means = np.stack([total(value, number, count) for value in values]) / n
    left = values - means[:, number]
    # what rounding left of the first pass
    means += np.stack([total(value, number, count) for value in left]) / n
    covariance = np.empty((4, 4, count))
    for i in range(4):
        for j in range(i, 4):
            products = total(left[i] * left[j], number, count)
            covariance[i, j] = covariance[j, i] = products / np.where(n > 1, n - 1, np.nan)
    third = total(left[Y] ** 3, number, count)
    return means, covariance, _adjusted_skewness(n, covariance[Y, Y] * (n - 1), third)


def _adjusted_skewness(n: Floats, second: Floats, third: Floats) -> Floats:
    """From sums of squares and cubes about the mean; NaN below three units or without variance."""
    second = np.where((n > 2) & (second > 0), second, np.nan)
    return np.sqrt(n * (n - 1)) / (n - 2) * np.sqrt(n) * third / second**1.5


def _sum_of_cubes(n: Floats, second: Floats, skewness: Floats) -> Floats:
    """Back from the skewness; 0 where there is none, since all deviations are 0 or opposite."""
    cubes = skewness * (n - 2) / np.sqrt(n * (n - 1)) * second**1.5 / np.sqrt(n)
    return np.where(np.isnan(skewness), 0, cubes)


def _merged(
    parts: Moments, skewness: Floats, number: Integers, count: int
) -> tuple[Moments, Floats]:
    """All parts of each group as one, and the sum of cubes of y about its mean."""
    n = total(parts.n, number, count)
    weighted = [np.where(parts.n > 0, parts.n * centred, 0) for centred in parts.centred]
    centred = np.stack([total(values, number, count) for values in weighted]) / n
    apart = np.where(parts.n > 0, parts.centred - centred[:, number], 0)
    second = np.where(parts.n > 1, (parts.n - 1) * parts.covariance, 0)
    products = second + parts.n * apart[:, None] * apart[None, :]
    covariance = np.empty((4, 4, count))
    for i in range(4):
        for j in range(4):
            covariance[i, j] = total(products[i, j], number, count)
    cubes = _sum_of_cubes(parts.n, second[Y, Y], skewness)
    third = cubes + 3 * apart[Y] * second[Y, Y] + parts.n * apart[Y] ** 3
    whole = Moments(n, parts.shift, centred, covariance / np.where(n > 1, n - 1, np.nan))
    return whole, total(third, number, count)


def _check_shifts(parts: Moments, number: Integers, first: Integers) -> None:
    """Means less different shifts do not add up."""
    expected = parts.shift[:, first][:, number]
    is_other = (parts.shift != expected) & (np.isfinite(parts.shift) | np.isfinite(expected))
    if is_other.any():
        raise ValueError("parts of one whole have different shifts: use one per experiment, metric")


def _shared(values: Floats, number: Integers, first: Integers) -> Floats:
    """What all of a group have in common, else NaN."""
    of_first = values[first]
    differs = total(values != of_first[number], number, len(first)) > 0
    return np.where(differs, np.nan, of_first)


def _order_statistics(values: Floats, number: Integers, quantile: Floats) -> dict[str, Floats]:
    """Quantiles of each group by linear interpolation; NaN where none is asked for."""
    order = np.lexsort((values, number))
    n = np.bincount(number, minlength=len(quantile))
    start = np.concatenate([[0], np.cumsum(n)[:-1]]) if len(n) else n
    half = QUANTILE_NORMAL * np.sqrt(quantile * (1 - quantile) / n)
    found = {}
    for name, share in (
        ("q_hat", quantile), ("q_low", quantile - half), ("q_high", quantile + half)
    ):  # fmt: skip
        place = (n - 1) * np.where((share >= 0) & (share <= 1), share, np.nan)
        below = np.floor(np.nan_to_num(place)).astype(np.int64)
        above = np.minimum(below + 1, n - 1)
        low, high = values[order[start + below]], values[order[start + above]]
        found[name] = low + (place - below) * (high - low)
    return found
