"""What a treatment changes, where nobody drew lots for it: doubly robust, with its own checks.

A person is a unit that took the treatment or did not, described by covariates of the time before.
What cannot be seen in the covariates is not adjusted for; no check here can find it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression, Ridge

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

FOLDS, SPLITS = 5, 3
PENALTY = 3.0  # of squared coefficients of standardised covariates


@dataclass(frozen=True)
class Limits:
    """When an adjusted difference is given at all.

    `fewest_units` of each side, 2 or more; `fewest_outcomes` that are not the most common one;
    `least_propensity` in [0, 0.5): units nearer than this to never or always treated have no
    counterpart; `largest_imbalance` of any covariate after weighting, in standard deviations;
    `quantile` of the standard normal that makes the interval (1.96 for 95 %).
    """

    fewest_units: int
    fewest_outcomes: int
    least_propensity: float
    largest_imbalance: float
    quantile: float

    def __post_init__(self) -> None:
        if self.fewest_units < 2:
            raise ValueError(f"fewest_units must be at least 2, got {self.fewest_units}")
        if not 0 <= self.least_propensity < 0.5:
            raise ValueError(f"least_propensity must be in [0, 0.5), got {self.least_propensity}")


@dataclass(frozen=True)
class Difference:
    """A mean difference in units of the outcome, with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Overlap:
    """How comparable both sides are.

    `trimmed_count` units have no counterpart; `effective_treated` and `effective_untreated` are the
    sizes of samples without weights that would be as exact; the imbalances are the largest
    standardised mean difference of any covariate, without and with weights.
    """

    trimmed_count: int
    effective_treated: float
    effective_untreated: float
    imbalance_before: float
    imbalance_after: float


@dataclass(frozen=True)
class Effect:
    """Raw and adjusted difference of the treated and the untreated; `reason` where one is None."""

    raw: Difference | None
    adjusted: Difference | None
    overlap: Overlap | None
    reason: str | None


def compare(
    covariates: Floats,
    treated: Booleans,
    outcome: Floats,
    limits: Limits,
    rng: np.random.Generator,
) -> Effect:
    """The average effect of a treatment by augmented inverse propensity weighting, cross-fitted.

    Propensity and outcome are predicted for each fold by models of the other folds, logistic
    regression or, for an outcome that is not yes or no, linear regression, both with a ridge
    penalty; the predictions are means over `SPLITS` ways to make `FOLDS` folds. Units whose
    propensity is extreme are trimmed; the effect is the mean over the others.

    Args:
        covariates: of the time before the treatment, without missing values; shape (units, p).
        treated: who took it; shape (units,).
        outcome: in any unit, 0 and 1 for yes and no; shape (units,).
        limits: when an adjusted difference is not given, and the width of intervals.
        rng: draws the folds.

    Returns:
        The differences. The adjusted one is None, and `reason` says why, with too_few_treated,
        too_few_untreated, too_few_outcomes, no_overlap or imbalanced; the raw one is None where a
        side has fewer than two units.

    Raises:
        ValueError: the arrays have different lengths, or a number is not finite.

    Source: Robins, Rotnitzky and Zhao (1994), JASA 89; Chernozhukov et al. (2018), Econometrics
    Journal 21, algorithm DML2; trimming: Crump et al. (2009), Biometrika 96; balance: Austin
    (2009), Statistics in Medicine 28.
    """
    _check(covariates, treated, outcome)
    raw = raw_difference(treated, outcome, limits.quantile)
    if reason := _too_few(treated, outcome, limits):
        return Effect(raw, None, None, reason)
    covariates = standardised(covariates)
    folds = [_folds(treated, rng) for _ in range(SPLITS)]
    propensity = predict_out_of_fold(covariates, treated.astype(np.float64), folds)
    kept = np.abs(propensity - 0.5) <= 0.5 - limits.least_propensity
    least = min(int((kept & treated).sum()), int((kept & ~treated).sum()))
    if least < limits.fewest_units:
        return Effect(raw, None, None, "no_overlap")
    overlap = _overlap(covariates[kept], treated[kept], propensity[kept], int((~kept).sum()))
    if overlap.imbalance_after > limits.largest_imbalance:
        return Effect(raw, None, overlap, "imbalanced")
    score = influence(
        treated,
        outcome,
        propensity,
        predict_out_of_fold(covariates, outcome, folds, within=treated),
        predict_out_of_fold(covariates, outcome, folds, within=~treated),
    )[kept]
    error = float(score.std(ddof=1) / np.sqrt(len(score)))
    return Effect(raw, _around(float(score.mean()), error, limits.quantile), overlap, None)


def raw_difference(treated: Booleans, outcome: Floats, quantile: float) -> Difference | None:
    """Mean of the treated less that of the others, variances unpooled; None below two of a side.

    `treated` and `outcome` have shape (units,); `quantile` is that of the standard normal.
    """
    ours, theirs = outcome[treated], outcome[~treated]
    if min(len(ours), len(theirs)) < 2:
        return None
    error = np.sqrt(ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs))
    return _around(float(ours.mean() - theirs.mean()), float(error), quantile)


def influence(
    treated: Booleans, outcome: Floats, propensity: Floats, if_treated: Floats, if_not: Floats
) -> Floats:
    """Each unit's part in the average effect; their mean is the estimate, shape (units,).

    `if_treated` and `if_not` are the outcomes predicted for each unit under both, `propensity` is
    inside (0, 1). If either the predictions or the propensities are right, so is the mean (Robins,
    Rotnitzky and Zhao 1994).
    """
    residual = outcome - np.where(treated, if_treated, if_not)
    weight = np.where(treated, 1 / propensity, -1 / (1 - propensity))
    return np.asarray(if_treated - if_not + weight * residual)


def predict_out_of_fold(
    covariates: Floats, outcome: Floats, folds: list[Integers], within: Booleans | None = None
) -> Floats:
    """The outcome predicted for each unit by models of other folds' units, shape (units,).

    An outcome of 0 and 1 is predicted by logistic regression, any other by a linear one. Each of
    `folds` numbers the fold of every unit, and the predictions are their mean; only units of
    `within` teach the models. `covariates` are standardised and have shape (units, p).
    """
    is_binary = bool(np.isin(outcome, (0.0, 1.0)).all())
    predicted = np.zeros(len(outcome))
    for fold in folds:
        for number in np.unique(fold):
            held_out = fold == number
            taught = ~held_out if within is None else ~held_out & within
            predicted[held_out] += _predict(
                covariates[taught], outcome[taught], covariates[held_out], is_binary=is_binary
            )
    return predicted / len(folds)


def imbalances(covariates: Floats, treated: Booleans, weight: Floats) -> Floats:
    """Standardised mean difference of each covariate, shape (p,), 0 for one that does not vary.

    Weighted means, in standard deviations of all units without weights (n as divisor). `covariates`
    has shape (units, p), `treated` and `weight` (units,); weights are above 0.
    """
    ours = np.average(covariates[treated], axis=0, weights=weight[treated])
    theirs = np.average(covariates[~treated], axis=0, weights=weight[~treated])
    spread = covariates.std(axis=0)
    return np.asarray((ours - theirs) / np.where(spread > 0, spread, 1.0))


def effective_size(weight: Floats) -> float:
    """Kish's effective sample size of weights above 0, shape (units,)."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def standardised(covariates: Floats) -> Floats:
    """Columns with mean 0 and standard deviation 1, without those that do not vary; (units, p)."""
    spread = covariates.std(axis=0)
    varies = spread > 1e-12
    return np.asarray((covariates - covariates.mean(axis=0))[:, varies] / spread[varies])


def _predict(known: Floats, values: Floats, asked: Floats, *, is_binary: bool) -> Floats:
    """Predictions for the rows of `asked`; values that do not vary predict themselves."""
    if np.ptp(values) == 0 or known.shape[1] == 0:
        return np.full(len(asked), values.mean())
    if not is_binary:
        return np.asarray(Ridge(alpha=PENALTY).fit(known, values).predict(asked))
    logistic = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky")
    return np.asarray(logistic.fit(known, values).predict_proba(asked)[:, 1])


def _check(covariates: Floats, treated: Booleans, outcome: Floats) -> None:
    if not len(covariates) == len(treated) == len(outcome):
        raise ValueError(
            "covariates, treated and outcome must be of one length, got "
            f"{len(covariates)}, {len(treated)} and {len(outcome)}"
        )
    if not (np.isfinite(covariates).all() and np.isfinite(outcome).all()):
        raise ValueError("covariates and outcome must be finite")


def _too_few(treated: Booleans, outcome: Floats, limits: Limits) -> str | None:
    if treated.sum() < limits.fewest_units:
        return "too_few_treated"
    if (~treated).sum() < limits.fewest_units:
        return "too_few_untreated"
    _, value_counts = np.unique(outcome, return_counts=True)
    if len(outcome) - value_counts.max() < limits.fewest_outcomes:
        return "too_few_outcomes"
    return None


def _folds(treated: Booleans, rng: np.random.Generator) -> Integers:
    """A fold for each unit, each with its share of the treated."""
    fold = np.empty(len(treated), dtype=np.int64)
    for side in (treated, ~treated):
        fold[side] = rng.permutation(int(side.sum())) % FOLDS
    return fold


def _overlap(
    covariates: Floats, treated: Booleans, propensity: Floats, trimmed_count: int
) -> Overlap:
    weight = np.where(treated, 1 / propensity, 1 / (1 - propensity))
    before = imbalances(covariates, treated, np.ones(len(weight)))
    after = imbalances(covariates, treated, weight)
    return Overlap(
        trimmed_count=trimmed_count,
        effective_treated=effective_size(weight[treated]),
        effective_untreated=effective_size(weight[~treated]),
        imbalance_before=float(np.abs(before).max(initial=0.0)),
        imbalance_after=float(np.abs(after).max(initial=0.0)),
    )


def _around(value: float, error: float, quantile: float) -> Difference:
    return Difference(value, value - quantile * error, value + quantile * error)
