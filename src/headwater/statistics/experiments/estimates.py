"""Tests and intervals of differences between two arms, absolute and relative to the control."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import norm, t

from headwater.statistics.experiments.columns import Floats
from headwater.statistics.experiments.moments import D, E, Moments, X, Y, pool, without_rounding

POWER = 0.8


class Bounds(NamedTuple):
    """Lower and upper end of an interval, NaN where it has none."""

    low: Floats
    high: Floats


@dataclass(frozen=True)
class Difference:
    """Treatment less control, and the baseline it is compared with; arrays of shape (rows,)."""

    value: Floats
    variance_control: Floats  # of a unit, adjusted
    variance_treatment: Floats
    variance: Floats  # of the value
    freedom: Floats
    baseline: Floats  # absolute value of the control's mean, unadjusted
    baseline_variance: Floats  # of the mean
    covariance: Floats  # of the value and the baseline

    @property
    def standard_error(self) -> Floats:
        """Of the value."""
        return np.sqrt(self.variance)

    @property
    def t_statistic(self) -> Floats:
        """Welch's (1947)."""
        return self.value / self.standard_error

    @property
    def p_value(self) -> Floats:
        """Two-sided."""
        return np.asarray(2 * t.sf(np.abs(self.t_statistic), self.freedom))

    def critical(self, tail: Floats) -> Floats:
        """Of the t distribution, with `tail` above it."""
        return np.asarray(t.isf(tail, self.freedom))

    def interval(self, alpha: Floats) -> Bounds:
        """Of the value."""
        margin = self.critical(alpha / 2) * self.standard_error
        return Bounds(self.value - margin, self.value + margin)

    @property
    def lift(self) -> Floats:
        """The value by the baseline, NaN where that is 0."""
        return self.value / np.where(self.baseline == 0, np.nan, self.baseline)

    @property
    def lift_error(self) -> Floats:
        """Of the lift, by the delta method."""
        lift, baseline = self.lift, self.baseline
        apart = self.variance - 2 * lift * self.covariance + lift**2 * self.baseline_variance
        return np.sqrt(np.maximum(apart, 0)) / baseline

    def lift_interval(self, tail: Floats) -> Bounds:
        """Of the lift with `tail` on each side; none where the baseline may be 0.

        Without 0 just where the interval of the value is. Source: Fieller (1954), Journal of the
        Royal Statistical Society B 16.
        """
        return fieller(self, self.critical(tail))

    def margin_test(self, margin: Floats, sign: Floats) -> tuple[Floats, Floats]:
        """Statistic and p-value that the lift, times `sign`, is above less the margin."""
        spread = (
            self.variance + 2 * sign * margin * self.covariance + margin**2 * self.baseline_variance
        )
        shifted = sign * self.value + margin * np.where(self.baseline == 0, np.nan, self.baseline)
        statistic = shifted / np.sqrt(np.where(spread > 0, spread, np.nan))
        return statistic, np.asarray(t.sf(statistic, self.freedom))

    def detectable(self, alpha: Floats) -> Floats:
        """The difference found in `POWER` of all experiments as exact as this one."""
        return np.asarray((norm.isf(alpha / 2) + norm.ppf(POWER)) * self.standard_error)


def fieller(difference: Difference, critical: Floats) -> Bounds:
    """Ends of all lifts that a test with this critical value does not reject.

    In units of the baseline they solve a * lift ** 2 - 2 * b * lift + c = 0; where a <= 0 the
    baseline cannot be told from 0 and there are none. Of the two roots the one of larger size comes
    first and the other from their product, so that 0 is outside exactly where c > 0.
    """
    scale = np.where(difference.baseline == 0, np.nan, difference.baseline)
    value = difference.value / scale
    spread = (difference.standard_error / scale) ** 2
    shared, of_baseline = difference.covariance / scale**2, difference.baseline_variance / scale**2
    a = 1 - critical**2 * of_baseline
    b = value - critical**2 * shared
    size = np.abs(difference.t_statistic)
    c = (size - critical) * (size + critical) * spread
    far = b + np.copysign(np.sqrt(np.maximum(b**2 - a * c, 0)), b)
    one = np.where(a > 0, far / np.where(a > 0, a, np.nan), np.nan)
    other = np.where(a > 0, c / np.where(far == 0, np.nan, far), np.nan)
    return Bounds(np.minimum(one, other), np.maximum(one, other))


def differ(control: Moments, treatment: Moments, theta: Floats) -> Difference:
    """The difference of y / d, less theta times that of x / e.

    Arms without x and e take theta = 0. Degrees of freedom are Welch's and Satterthwaite's.
    """
    is_adjusted = theta != 0
    value = _apart(control, treatment, Y, D)
    value = value - np.where(is_adjusted, theta * _apart(control, treatment, X, E), 0)
    of_control, of_treatment = (adjusted_variance(arm, theta) for arm in (control, treatment))
    parts = of_control / control.n, of_treatment / treatment.n
    variance = parts[0] + parts[1]
    shares = parts[0] / variance, parts[1] / variance
    uncertainty = shares[0] ** 2 / (control.n - 1) + shares[1] ** 2 / (treatment.n - 1)
    baseline = control.ratio(Y, D)
    shared = control.linearised((Y, D), (X, E))
    unadjusted = control.variance(Y, D)
    covariance = np.where(is_adjusted, unadjusted - theta * shared, unadjusted) / control.n
    return Difference(
        value=value,
        variance_control=of_control,
        variance_treatment=of_treatment,
        variance=variance,
        freedom=1 / uncertainty,
        baseline=np.abs(baseline),
        baseline_variance=unadjusted / control.n,
        covariance=-np.sign(baseline) * covariance,
    )


def adjusted_variance(arm: Moments, theta: Floats) -> Floats:
    """Of a unit's y / d less theta times its x / e; 0 where no more than rounding is left."""
    plain, before = arm.variance(Y, D), arm.variance(X, E)
    shared = 2 * theta * arm.linearised((Y, D), (X, E))
    value = plain + theta**2 * before - shared
    parts = plain + theta**2 * before + np.abs(shared)
    return np.where(theta == 0, plain, np.maximum(without_rounding(value, parts), 0))


def pooled_theta(control: Moments, treatment: Moments) -> Floats:
    """The slope of y / d on x / e over both arms as one; NaN where x / e does not vary.

    Source: Deng, Xu, Kohavi and Walker (2013), Improving the sensitivity of online controlled
    experiments by utilizing pre-experiment data, WSDM.
    """
    both = pool(control, treatment)
    before = both.variance(X, E)
    return both.linearised((Y, D), (X, E)) / np.where(before > 0, before, np.nan)


def _apart(control: Moments, treatment: Moments, numerator: int, denominator: int) -> Floats:
    """Difference of two ratios, of a mean without the digits that its shift would cost."""
    ratios = treatment.ratio(numerator, denominator) - control.ratio(numerator, denominator)
    means = treatment.centred[numerator] - control.centred[numerator]
    means = means + (treatment.shift[numerator] - control.shift[numerator])
    is_mean = (control.covariance[denominator, denominator] == 0) & (
        treatment.covariance[denominator, denominator] == 0
    )
    is_mean &= (control.mean(denominator) == 1) & (treatment.mean(denominator) == 1)
    return np.where(is_mean, means, ratios)
