"""What is known of an arm: how many units, means and covariances of their four values.

y is the metric's numerator and d its denominator, x and e are the same of the time before the
first exposure. A mean is a ratio with d = e = 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from headwater.statistics.experiments.columns import Flags, Floats, Integers, numbers, texts

Y, D, X, E = range(4)
NAMES = ("y", "d", "x", "e")
PAIRS = ("yy", "dd", "xx", "ee", "yd", "yx", "ye", "dx", "de", "xe")

METRIC_TYPES = ("mean", "proportion", "ratio", "quantile")
QUANTILE_NORMAL = 1.959963984540054  # of the order statistics' interval, whatever alpha is
# Below this share of what it was summed from, a difference is nothing but rounding.
ROUNDING = 1e-14


@dataclass(frozen=True)
class Moments:
    """Of one arm in each comparison: n of shape (rows,), the others (4, rows), (4, 4, rows)."""

    n: Floats
    shift: Floats
    centred: Floats  # mean less shift
    covariance: Floats  # divided by n - 1

    def mean(self, value: int) -> Floats:
        """The full mean; exactly 0 where it is no more than what rounding leaves."""
        mean = self.shift[value] + self.centred[value]
        spread = np.sqrt(np.maximum(np.nan_to_num(self.covariance[value, value]), 0))
        return np.where(np.abs(mean) <= ROUNDING * (np.abs(self.shift[value]) + spread), 0, mean)

    def ratio(self, numerator: int, denominator: int) -> Floats:
        """Of two means, NaN where the denominator is 0."""
        below = self.mean(denominator)
        return self.mean(numerator) / np.where(below == 0, np.nan, below)

    def linearised(self, one: tuple[int, int], other: tuple[int, int]) -> Floats:
        """Covariance of two ratios of means, of one unit, by the delta method.

        Source: Deng, Knoblich and Lu (2018), Applying the delta method in metric analytics, KDD.
        """
        (i, j), (k, m) = one, other
        first, second = self.ratio(i, j), self.ratio(k, m)
        terms = np.stack(
            [
                self.covariance[i, k],
                -second * self.covariance[i, m],
                -first * self.covariance[j, k],
                first * second * self.covariance[j, m],
            ]
        )
        value = terms.sum(axis=0)
        value = without_rounding(value, np.abs(terms).sum(axis=0))
        return value / (self.mean(j) * self.mean(m))

    def variance(self, numerator: int, denominator: int) -> Floats:
        """Of a ratio of means, of one unit; 0 where no more than rounding is left of it."""
        ratio = (numerator, denominator)
        value = np.maximum(self.linearised(ratio, ratio), 0)
        return np.where(np.sqrt(value) <= ROUNDING * np.abs(self.ratio(*ratio)), 0, value)

    def before(self) -> Moments:
        """Of the time before, as if it were the metric itself."""
        place = [X, E, X, E]
        covariance = self.covariance[np.ix_(place, place)]
        return Moments(self.n, self.shift[place], self.centred[place], covariance)

    def take(self, rows: Integers) -> Moments:
        """Some rows; row -1 is the last one."""
        return Moments(
            self.n[rows], self.shift[:, rows], self.centred[:, rows], self.covariance[:, :, rows]
        )


def without_rounding(value: Floats, parts: Floats) -> Floats:
    """A difference, 0 where it is no more than rounding of its parts, NaN if they are too large."""
    value = np.where(np.abs(value) <= ROUNDING * parts, 0, value)
    return np.where(np.isfinite(parts), value, np.nan)


def read_moments(statistics: pd.DataFrame) -> Moments:
    """From the columns n, shift_*, m_* and c_* of sufficient statistics, as they stand."""
    covariance = np.empty((4, 4, len(statistics)))
    for name in PAIRS:
        i, j = NAMES.index(name[0]), NAMES.index(name[1])
        covariance[i, j] = covariance[j, i] = numbers(statistics, f"c_{name}")
    return Moments(
        n=np.nan_to_num(numbers(statistics, "n")),
        shift=np.stack([numbers(statistics, f"shift_{name}") for name in NAMES]),
        centred=np.stack([numbers(statistics, f"m_{name}") for name in NAMES]),
        covariance=covariance,
    )


def metric_moments(statistics: pd.DataFrame) -> Moments:
    """The same by `metric_type`: denominators of 1 unless a ratio, a quantile as if it were a mean.

    The variance of a quantile is that of n values whose mean had the interval of the order
    statistics, (n - 1) * ((q_high - q_low) / (2 * 1.96)) ** 2.
    """
    moments = read_moments(statistics)
    kind = texts(statistics, "metric_type")
    is_plain = kind != "ratio"
    for value in (D, E):
        moments.shift[value, is_plain], moments.centred[value, is_plain] = 1, 0
        moments.covariance[value][:, is_plain] = moments.covariance[:, value][:, is_plain] = 0
    is_quantile = kind == "quantile"
    with np.errstate(all="ignore"):
        width = numbers(statistics, "q_high") - numbers(statistics, "q_low")
        spread = (moments.n - 1) * (width / (2 * QUANTILE_NORMAL)) ** 2
    moments.shift[Y, is_quantile] = 0
    moments.centred[Y, is_quantile] = numbers(statistics, "q_hat")[is_quantile]
    moments.covariance[Y, Y, is_quantile] = np.where(moments.n > 1, spread, np.nan)[is_quantile]
    return moments


def pool(one: Moments, other: Moments) -> Moments:
    """Both arms as one, with the variation between them.

    Source: Chan, Golub and LeVeque (1983), The American Statistician 37, equation 2.1.
    """
    n = one.n + other.n
    apart = other.centred - one.centred
    between = apart[:, None] * apart[None, :] * (one.n * other.n / n)
    within = (one.n - 1) * one.covariance + (other.n - 1) * other.covariance
    return Moments(
        n=n,
        shift=one.shift,
        centred=(one.n * one.centred + other.n * other.centred) / n,
        covariance=(within + between) / (n - 1),
    )


def is_known(moments: Moments, values: tuple[int, ...]) -> Flags:
    """Whether an arm has all the means that its units allow, and all covariances, as numbers."""
    with np.errstate(all="ignore"):
        full = moments.shift + moments.centred
    means = np.isfinite(full)[list(values)].all(axis=0)
    chosen = np.ix_(values, values)
    spreads = np.isfinite(moments.covariance[chosen]).all(axis=(0, 1))
    return (means | (moments.n < 1)) & (spreads | (moments.n < 2))
