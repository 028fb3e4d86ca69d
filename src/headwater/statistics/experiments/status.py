"""Whether a comparison can be made and believed: its statuses and warnings."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from headwater.statistics.experiments.columns import (
    Flags,
    Floats,
    Integers,
    Texts,
    flags,
    numbers,
    texts,
)
from headwater.statistics.experiments.estimates import Difference
from headwater.statistics.experiments.moments import (
    METRIC_TYPES,
    QUANTILE_NORMAL,
    D,
    E,
    Moments,
    X,
    Y,
    is_known,
    metric_moments,
)

FEWEST_FOR_CUPED = 20  # units of each arm
FEWEST_COUNTED = 10  # successes, and failures, of an arm
SKEW_FACTOR = 355  # Kohavi, Deng, Longbotham and Xu (2014), Seven rules of thumb, KDD
LEAST_COVERAGE = 0.2  # of units with a pre-period
IMBALANCED = 0.001  # p-value


@dataclass(frozen=True)
class Settings:
    """How each comparison is to be made; arrays of shape (rows,)."""

    metric_type: Texts
    role: Texts
    mt_method: Texts
    alpha: Floats
    tuning: Floats
    margin: Floats
    quantile: Floats
    sign: Floats  # 1 where higher is better, else -1
    is_cuped: Flags
    is_declared: Flags  # the control, by the experiment
    has_srm: Flags
    has_multiple_exposure: Flags
    has_segment_mix_imbalance: Flags

    @classmethod
    def read(cls, statistics: pd.DataFrame, is_declared: Flags) -> Settings:
        """From the rows of treatments."""
        method = texts(statistics, "mt_method")
        return cls(
            metric_type=texts(statistics, "metric_type"),
            role=texts(statistics, "role"),
            mt_method=np.where(pd.isna(method), "holm", method),
            alpha=numbers(statistics, "alpha"),
            tuning=numbers(statistics, "seq_tuning_n"),
            margin=numbers(statistics, "margin"),
            quantile=numbers(statistics, "q"),
            sign=np.where(flags(statistics, "higher_is_better", default=True), 1.0, -1.0),
            is_cuped=flags(statistics, "is_cuped", default=False),
            is_declared=is_declared,
            has_srm=flags(statistics, "has_srm", default=False),
            has_multiple_exposure=flags(statistics, "has_multiple_exposure", default=False),
            has_segment_mix_imbalance=flags(statistics, "has_segment_mix_imbalance", default=False),
        )

    @property
    def is_quantile(self) -> Flags:
        """Which metrics are quantiles."""
        return np.asarray(self.metric_type == "quantile")

    def are_valid(self) -> Flags:
        """Whether there is a control, and every setting is what it may be."""
        margin = np.isnan(self.margin) | ((self.margin > 0) & np.isfinite(self.margin))
        quantile = ~self.is_quantile | ((self.quantile > 0) & (self.quantile < 1))
        tuning = (self.tuning > 0) & np.isfinite(self.tuning)
        alpha = (self.alpha > 0) & (self.alpha < 1)
        kind = np.isin(self.metric_type.astype("U"), METRIC_TYPES)
        return np.asarray(self.is_declared & margin & quantile & tuning & alpha & kind)


@dataclass(frozen=True)
class Arm:
    """One side of each comparison; arrays of shape (rows,)."""

    moments: Moments
    variant: Texts
    n_non_finite: Floats
    n_with_pre: Floats
    skewness: Floats
    cap_lower: Floats
    cap_upper: Floats

    @classmethod
    def read(cls, statistics: pd.DataFrame) -> Arm:
        """Every row, and after the last one an arm without units."""
        rows = statistics.reset_index(drop=True).reindex(range(len(statistics) + 1))
        names = ("n_non_finite", "n_with_pre", "skew_y", "cap_lower", "cap_upper")
        columns = [numbers(rows, name) for name in names]
        return cls(
            metric_moments(rows),
            texts(rows, "variant"),
            np.nan_to_num(columns[0]),
            np.nan_to_num(columns[1]),
            *columns[2:],
        )

    def take(self, rows: Integers) -> Arm:
        """Some rows; row -1 is the arm without units."""
        columns = (getattr(self, field.name) for field in fields(self) if field.name != "moments")
        return Arm(self.moments.take(rows), *(column[rows] for column in columns))

    def too_few_for_quantile(self, quantile: Floats) -> Flags:
        """Whether the order statistics of the interval would lie outside of the sample."""
        odds = quantile / (1 - quantile)
        return np.asarray(self.moments.n <= QUANTILE_NORMAL**2 * np.maximum(odds, 1 / odds))

    def standard_deviation(self) -> Floats:
        """Of a unit; 0 where it is no more than rounding."""
        return np.sqrt(self.moments.variance(Y, D))


@dataclass(frozen=True)
class Pairs:
    """Each treatment beside its control, and how they are to be compared."""

    settings: Settings
    control: Arm
    treatment: Arm


def statuses(pairs: Pairs, difference: Difference) -> Texts:
    """The first reason why a comparison cannot be made, else OK; shape (rows,)."""
    settings, control, treatment = pairs.settings, pairs.control, pairs.treatment
    arms = (control, treatment)
    few = [settings.is_quantile & arm.too_few_for_quantile(settings.quantile) for arm in arms]
    unknown = [
        (arm.n_non_finite > 0) | ~(is_known(arm.moments, (Y, D)) | is_few)
        for arm, is_few in zip(arms, few, strict=True)
    ]
    constant = [arm.standard_deviation() == 0 for arm in arms]
    is_constant = np.where(
        settings.is_quantile, constant[0] | constant[1], constant[0] & constant[1]
    )
    found = np.isfinite(difference.value) & np.isfinite(difference.variance)
    n = np.minimum(control.moments.n, treatment.moments.n)
    return first_of(
        ("INVALID_CONFIG", ~settings.are_valid()),
        ("NO_CONTROL_UNITS", control.moments.n < 1),
        ("NO_TREATMENT_UNITS", treatment.moments.n < 1),
        ("NON_FINITE_INPUT", unknown[0] | unknown[1]),
        ("ZERO_DENOMINATOR", (control.moments.mean(D) == 0) | (treatment.moments.mean(D) == 0)),
        ("INSUFFICIENT_UNITS", n < 2),
        ("INSUFFICIENT_UNITS_FOR_QUANTILE", few[0] | few[1]),
        ("ZERO_VARIANCE", is_constant | (difference.variance == 0)),
        # finite statistics, but so large that their squares are not
        ("NON_FINITE_INPUT", ~found),
        otherwise="OK",
    )


def cuped_statuses(pairs: Pairs, theta: Floats) -> Texts:
    """Whether the adjustment applies, or the first reason why not; shape (rows,)."""
    settings, control, treatment = pairs.settings, pairs.control, pairs.treatment
    arms = (control, treatment)
    n = np.minimum(control.moments.n, treatment.moments.n)
    known = is_known(control.moments, (Y, D, X, E)) & is_known(treatment.moments, (Y, D, X, E))
    with np.errstate(all="ignore"):
        before = np.minimum(*(np.abs(arm.moments.mean(E)) for arm in arms))
    return first_of(
        ("DISABLED", ~settings.is_cuped | settings.is_quantile),
        ("NO_PRE_DATA", (control.n_with_pre + treatment.n_with_pre == 0) | ~known),
        ("INSUFFICIENT_UNITS", n < FEWEST_FOR_CUPED),
        ("ZERO_PRE_DENOMINATOR", before == 0),
        ("ZERO_PRE_VARIANCE", ~np.isfinite(theta)),
        otherwise="APPLIED",
    )


def lift_statuses(settings: Settings, difference: Difference) -> Texts:
    """Whether there is a lift, and an interval of it; shape (rows,)."""
    is_zero = ~(np.isfinite(difference.lift) & np.isfinite(difference.lift_error))
    interval = difference.lift_interval(settings.alpha / 2)
    has_interval = np.isfinite(interval.low) & np.isfinite(interval.high)
    return first_of(
        ("BASELINE_ZERO", is_zero),
        ("BASELINE_NOT_SEPARATED_FROM_ZERO", ~has_interval),
        otherwise="OK",
    )


def warnings(pairs: Pairs, status: Texts, is_adjusted: Flags, pre_p_value: Floats) -> Texts:
    """Names of what is to be borne in mind, sorted and joined by commas; shape (rows,)."""
    settings, control, treatment = pairs.settings, pairs.control, pairs.treatment
    arms = (control, treatment)
    is_done = status == "OK"
    is_mean = np.isin(settings.metric_type.astype("U"), ("mean", "ratio"))
    is_proportion = settings.metric_type == "proportion"
    units = control.moments.n + treatment.moments.n
    with np.errstate(all="ignore"):
        coverage = (control.n_with_pre + treatment.n_with_pre) / units
        constant = control.standard_deviation() == 0, treatment.standard_deviation() == 0
        skewed = [arm.moments.n < SKEW_FACTOR * arm.skewness**2 for arm in arms]
        least = [_fewest_counted(arm.moments) < FEWEST_COUNTED for arm in arms]
    found = {
        "CAP_AT_ZERO": (treatment.cap_upper == 0) & (status != "INVALID_CONFIG"),
        "LOW_PRE_COVERAGE": is_done & is_adjusted & (coverage < LEAST_COVERAGE),
        "MULTIPLE_EXPOSURE_HIGH": settings.has_multiple_exposure,
        "PRE_PERIOD_IMBALANCE": is_done & (pre_p_value < IMBALANCED),
        "SEGMENT_MIX_IMBALANCED": settings.has_segment_mix_imbalance,
        "SKEWED_SMALL_N": is_done & is_mean & (skewed[0] | skewed[1]),
        "SMALL_COUNTS": is_done & is_proportion & (least[0] | least[1]),
        "SRM_DETECTED": settings.has_srm,
        "ZERO_VARIANCE_ONE_ARM": is_done & (constant[0] | constant[1]),
    }
    return _joined(list(found), np.stack(list(found.values())))


def first_of(*reasons: tuple[str, Flags], otherwise: str) -> Texts:
    """The name of the first reason that applies to each row."""
    names, applies = zip(*reasons, strict=True)
    return np.asarray(np.select(list(applies), list(names), otherwise).astype(object))


def _fewest_counted(moments: Moments) -> Floats:
    """Successes or failures, whichever are fewer; a hair more, since a mean is rounded."""
    share = moments.mean(Y)
    return moments.n * np.minimum(share, 1 - share) + 1e-6


def _joined(names: list[str], found: Flags) -> Texts:
    """Names by row of a table of shape (names, rows)."""
    code = (found * 2 ** np.arange(len(names))[:, None]).sum(axis=0)
    distinct, place = np.unique(code, return_inverse=True)
    combined = [
        ",".join(name for bit, name in enumerate(names) if value >> bit & 1)
        for value in distinct.tolist()
    ]
    return np.array(combined, dtype=object)[place]
