"""The estimator: treatments against control, one row per comparison and method.

Every number comes from sufficient statistics; what cannot be estimated has a status instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from headwater.statistics.experiments.columns import (
    Flags,
    Floats,
    Integers,
    Texts,
    as_frame,
    counts,
    groups,
    keys_of,
    require,
    texts,
    verdicts,
)
from headwater.statistics.experiments.estimates import Difference, differ, pooled_theta
from headwater.statistics.experiments.families import adjusted
from headwater.statistics.experiments.moments import D, E, X, Y
from headwater.statistics.experiments.sequential import asymptotic_sequence
from headwater.statistics.experiments.status import (
    Arm,
    Pairs,
    Settings,
    cuped_statuses,
    lift_statuses,
    statuses,
    warnings,
)

KEYS = ("experiment_id", "metric_id", "segment_name", "segment_value")
CONFIGURATION = ("control_variant", "metric_type", "role", "alpha", "seq_tuning_n")
STATISTICS = ("variant", "n", "n_non_finite", "m_y", "c_yy", "shift_y")


@dataclass(frozen=True)
class LiftPrior:
    """What is believed of a lift beforehand: a normal distribution (GrowthBook: 0 and 0.3)."""

    mean: float
    standard_deviation: float

    def __post_init__(self) -> None:
        if not self.standard_deviation > 0:
            raise ValueError(f"standard_deviation must be above 0, got {self.standard_deviation}")


def compare_variants(
    statistics: pd.DataFrame, keys: Sequence[str] = KEYS, prior: LiftPrior | None = None
) -> pd.DataFrame:
    """Compare each treatment with the control of its experiment, metric and segment.

    Args:
        statistics: a row per `keys` and `variant`, arms without units included. Text: the keys,
            `variant`, `control_variant`, `metric_type` (mean, proportion, ratio, quantile), `role`
            (goal, secondary, guardrail), `mt_method` (holm, bh, none; holm where absent). Numbers:
            `n`, `n_non_finite`, `n_with_pre`, `shift_*`, `m_*`, `c_*`, `skew_y`, `cap_lower`,
            `cap_upper`, `q_hat`, `q_low`, `q_high` as `summarise` makes them; `alpha` in (0, 1);
            `seq_tuning_n` units above 0; `margin`, a lift above 0 or null; `q` in (0, 1) for
            quantiles. Yes or no: `higher_is_better` (yes where null), `is_cuped` (no where null),
            and what other checks found: `has_srm`, `has_multiple_exposure`,
            `has_segment_mix_imbalance` (no where absent).
        keys: what makes a comparison; more may be added (as_of, day), `experiment_id` stays.
        prior: of the lift, for prob_beat_control; flat if None.

    Returns:
        Two rows per treatment, method unadjusted and cuped, in the order of the statistics, with
        the columns of `RESULTS`; differences in the metric's unit, lifts as shares of the control's
        absolute mean. `p_adj` corrects goals by mt_method. `q_value` corrects by Benjamini and
        Hochberg what is no goal, and `is_unexpected` where it is below alpha: effects that nobody
        asked for, at most a share of alpha of them by chance. `warnings` are names, sorted, joined
        by commas. What is not known is null; no number is NaN or infinite.

    Raises:
        ValueError: a column is missing, a variant is there twice, or a `mt_method` is unknown.

    Source: the papers named in `estimates`, `sequential` and `families`.
    """
    require(statistics, [*keys, *CONFIGURATION, *STATISTICS])
    treatments, pairs = _pairs(statistics, keys)
    plain = _readout(pairs, np.zeros(len(treatments)), None, prior)
    with np.errstate(all="ignore"):
        theta = pooled_theta(pairs.control.moments, pairs.treatment.moments)
    cuped_status = cuped_statuses(pairs, theta)
    theta = np.where(cuped_status == "APPLIED", theta, 0)
    cuped = _readout(pairs, theta, cuped_status, prior)
    rows = np.arange(2 * len(treatments)).reshape(2, -1).T.ravel()
    columns: dict[str, Any] = {
        name: np.concatenate([plain[name], cuped[name]])[rows] for name in plain
    }
    columns |= keys_of(statistics, keys, np.repeat(treatments, 2))
    return _assembled(columns, keys)


RESULTS = (
    "treatment", "method", "role", "n_control", "n_treatment", "mean_control", "mean_treatment",
    "mean_adj_control", "mean_adj_treatment", "var_control", "var_treatment", "var_adj_control",
    "var_adj_treatment", "diff", "se", "df", "t_stat", "p_value", "ci_low", "ci_high", "lift",
    "lift_se", "lift_ci_low", "lift_ci_high", "lift_status", "theta", "variance_reduction",
    "cuped_status", "pre_p_value", "seq_p_value", "seq_ci_low", "seq_ci_high", "p_adj", "mt_method",
    "family_size", "q_value", "is_unexpected", "ni_margin", "ni_t_stat", "ni_p_value", "ni_bound",
    "non_inferior", "mde_abs", "mde_rel", "prob_beat_control", "cap_lower", "cap_upper", "status",
    "warnings",
)  # fmt: skip


def _pairs(statistics: pd.DataFrame, keys: Sequence[str]) -> tuple[Integers, Pairs]:
    """Rows of treatments, and both arms of each; a control that has no row has no units."""
    variant, declared = texts(statistics, "variant"), texts(statistics, "control_variant")
    if statistics.duplicated([*keys, "variant"]).any():
        raise ValueError(f"a variant is there twice for the same {', '.join(keys)}")
    number, first = groups(statistics, keys)
    is_control = variant == declared
    controls = np.full(len(first), -1)
    controls[number[is_control]] = np.flatnonzero(is_control)
    treatments = np.flatnonzero(~is_control)
    experiment, _ = groups(statistics, ["experiment_id", "control_variant"])
    is_declared = np.isin(experiment, experiment[is_control])
    arms = Arm.read(statistics)
    return treatments, Pairs(
        Settings.read(statistics.take(treatments), is_declared[treatments]),
        arms.take(controls[number[treatments]]),
        arms.take(treatments),
    )


def _readout(
    pairs: Pairs, theta: Floats, cuped_status: Texts | None, prior: LiftPrior | None
) -> dict[str, Any]:
    """The columns of one method; numbers that its status does not allow are NaN."""
    with np.errstate(all="ignore"):
        difference = differ(pairs.control.moments, pairs.treatment.moments, theta)
        status = statuses(pairs, difference)
        is_valid, is_done = status != "INVALID_CONFIG", status == "OK"
        lift_status = lift_statuses(pairs.settings, difference)
        lift_status[~is_done] = None
        columns = _means(pairs, difference)
        has_means = is_done | np.isin(
            status, ("INSUFFICIENT_UNITS", "INSUFFICIENT_UNITS_FOR_QUANTILE", "ZERO_VARIANCE")
        )
        columns = _kept(columns, has_means)
        numbers_of = _tested(pairs, difference) | _relative(pairs, difference, lift_status, prior)
        columns |= _kept(numbers_of | _guarded(pairs, difference), is_done)
        before = _before(pairs)
        columns |= _kept(_adjustment(pairs, difference, theta), is_done & (theta != 0))
    flagged = {"pre_p_value": np.where(is_done, before, np.nan)}
    sizes = {"n_control": pairs.control.moments.n, "n_treatment": pairs.treatment.moments.n}
    caps = {"cap_lower": pairs.treatment.cap_lower, "cap_upper": pairs.treatment.cap_upper}
    has_status = is_done | (status == "ZERO_VARIANCE")
    shown = np.full(len(status), "DISABLED", dtype=object)
    if cuped_status is not None:
        shown[:] = cuped_status
    shown[~has_status] = None
    own = {
        "treatment": pairs.treatment.variant,
        "method": np.full(len(status), "unadjusted" if cuped_status is None else "cuped", object),
        "role": pairs.settings.role,
        "mt_method": pairs.settings.mt_method,
        "alpha": pairs.settings.alpha,
        "status": status,
        "lift_status": lift_status,
        "cuped_status": shown,
        "warnings": warnings(pairs, status, theta != 0, before),
    }
    return columns | flagged | _kept(sizes | caps, is_valid) | own


def _kept(columns: dict[str, Floats], where: Flags) -> dict[str, Any]:
    return {name: np.where(where, values, np.nan) for name, values in columns.items()}


def _means(pairs: Pairs, difference: Difference) -> dict[str, Floats]:
    control, treatment = pairs.control.moments, pairs.treatment.moments
    return {
        "mean_control": control.ratio(Y, D),
        "mean_treatment": treatment.ratio(Y, D),
        "var_control": control.variance(Y, D),
        "var_treatment": treatment.variance(Y, D),
        "var_adj_control": difference.variance_control,
        "var_adj_treatment": difference.variance_treatment,
        "diff": difference.value,
    }


def _tested(pairs: Pairs, difference: Difference) -> dict[str, Floats]:
    """The absolute difference: fixed sample, always valid, and what could have been found."""
    settings = pairs.settings
    interval = difference.interval(settings.alpha)
    n = pairs.control.moments.n + pairs.treatment.moments.n
    always = asymptotic_sequence(
        difference.standard_error, difference.t_statistic, n, settings.alpha, settings.tuning
    )
    detectable = difference.detectable(settings.alpha)
    return {
        "se": difference.standard_error,
        "df": difference.freedom,
        "t_stat": difference.t_statistic,
        "p_value": difference.p_value,
        "ci_low": interval.low,
        "ci_high": interval.high,
        "seq_p_value": always.p_value,
        "seq_ci_low": difference.value - always.half_width,
        "seq_ci_high": difference.value + always.half_width,
        "mde_abs": detectable,
        "mde_rel": detectable / np.where(difference.baseline == 0, np.nan, difference.baseline),
    }


def _relative(
    pairs: Pairs, difference: Difference, lift_status: Texts, prior: LiftPrior | None
) -> dict[str, Floats]:
    """The lift, its interval, and the chance that the treatment is the better one."""
    has_lift = lift_status != "BASELINE_ZERO"
    lift, error = difference.lift, difference.lift_error
    interval = difference.lift_interval(pairs.settings.alpha / 2)
    believed, doubt = lift, error
    if prior is not None:
        share = 1 / (1 + (error / prior.standard_deviation) ** 2)
        believed, doubt = prior.mean + share * (lift - prior.mean), error * np.sqrt(share)
    chance = np.asarray(norm.cdf(pairs.settings.sign * believed / doubt))
    return _kept({"lift": lift, "lift_se": error, "prob_beat_control": chance}, has_lift) | _kept(
        {"lift_ci_low": interval.low, "lift_ci_high": interval.high}, lift_status == "OK"
    )


def _guarded(pairs: Pairs, difference: Difference) -> dict[str, Floats]:
    """Whether the treatment is worse by less than the margin; random baseline, one side.

    Source: Fieller (1954); Pigeot, Schafer, Rohmel and Hauschke (2003), Statistics in Medicine 22.
    """
    settings = pairs.settings
    statistic, p_value = difference.margin_test(settings.margin, settings.sign)
    bounds = difference.lift_interval(settings.alpha)
    bound = np.where(settings.sign > 0, bounds.low, bounds.high)
    has_margin = np.isfinite(settings.margin)
    return _kept(
        {
            "ni_margin": settings.margin,
            "ni_t_stat": statistic,
            "ni_p_value": p_value,
            "ni_bound": bound,
            "non_inferior": np.where(np.isnan(p_value), np.nan, p_value < settings.alpha),
        },
        has_margin,
    )


def _before(pairs: Pairs) -> Floats:
    """p-value that x / e is the same in both arms, as it was before anybody was treated."""
    control, treatment = (arm.before() for arm in (pairs.control.moments, pairs.treatment.moments))
    with_any = pairs.control.n_with_pre + pairs.treatment.n_with_pre > 0
    return np.where(with_any, differ(control, treatment, np.zeros(len(with_any))).p_value, np.nan)


def _adjustment(pairs: Pairs, difference: Difference, theta: Floats) -> dict[str, Floats]:
    """What CUPED did; means are moved as if both arms had the pre-period mean of all units."""
    control, treatment = pairs.control.moments, pairs.treatment.moments
    of_control, of_treatment = control.ratio(X, E), treatment.ratio(X, E)
    weights = control.n * control.mean(E), treatment.n * treatment.mean(E)
    share = weights[1] / (weights[0] + weights[1])
    apart = of_treatment - of_control
    unadjusted = control.variance(Y, D) / control.n + treatment.variance(Y, D) / treatment.n
    return {
        "theta": theta,
        "variance_reduction": 1 - difference.variance / unadjusted,
        "mean_adj_control": control.ratio(Y, D) + theta * share * apart,
        "mean_adj_treatment": treatment.ratio(Y, D) - theta * (1 - share) * apart,
    }


def _assembled(columns: dict[str, Any], keys: Sequence[str]) -> pd.DataFrame:
    """With p-values adjusted among the goals of each experiment, dimension and method.

    And by themselves, for the share of false finds, among what is no goal.
    """
    frame = pd.DataFrame({name: columns[name] for name in keys})
    scope = [name for name in keys if name not in ("metric_id", "segment_value")]
    family, _ = groups(frame.assign(method=columns["method"]), [*scope, "method"])
    is_goal, is_done = columns["role"] == "goal", columns["status"] == "OK"
    columns["p_adj"], size = adjusted(
        np.where(is_goal & is_done, columns["p_value"], np.nan), family, columns["mt_method"]
    )
    columns["q_value"], _ = adjusted(
        np.where(~is_goal & is_done, columns["p_value"], np.nan),
        family,
        np.full(len(frame), "bh", dtype=object),
    )
    non_inferior = columns["non_inferior"]
    columns |= {
        "family_size": counts(size),
        "n_control": counts(columns["n_control"]),
        "n_treatment": counts(columns["n_treatment"]),
        "is_unexpected": verdicts(
            columns["q_value"] < columns["alpha"], np.isfinite(columns["q_value"])
        ),
        "non_inferior": verdicts(non_inferior == 1, np.isfinite(non_inferior)),
    }
    return as_frame({name: columns[name] for name in (*keys, *RESULTS)})
