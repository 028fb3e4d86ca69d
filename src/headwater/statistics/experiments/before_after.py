"""What changed from before to after, by itself no effect, and against the change of a control."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from headwater.statistics.experiments.columns import (
    Floats,
    Integers,
    Texts,
    as_frame,
    counts,
    groups,
    keys_of,
    numbers,
    require,
    texts,
)
from headwater.statistics.experiments.comparison import KEYS
from headwater.statistics.experiments.estimates import Difference, differ
from headwater.statistics.experiments.moments import (
    METRIC_TYPES,
    D,
    E,
    Moments,
    X,
    Y,
    is_known,
    metric_moments,
    without_rounding,
)
from headwater.statistics.experiments.status import first_of


def before_and_after(statistics: pd.DataFrame, keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """Compare the same units' metric with that of the time before, arm by arm and between arms.

    Args:
        statistics: a row per `keys` and `variant` as `summarise` makes them, y and d of the time
            after, x and e of the time before; `metric_type`, `alpha` in (0, 1), `control_variant`
            (null: there is no control), and if the windows differ, `before_days` and `after_days`
            (1 where missing): a mean is then per day.
        keys: what makes a comparison.

    Returns:
        The rows in their order, with `keys`, `variant`, `n`; `mean_before` and `mean_after`;
        `change`, `change_se`, `change_p_value` and its interval, in the metric's unit;
        `relative_change` with Fieller's interval, a share of the mean before; `status`. These are
        no effects: whatever else changed is in them. `is_causal` says where the difference in
        differences takes that out, as far as it met both arms alike: `effect`, `effect_se`,
        `effect_df`, `effect_p_value` and its interval, in the metric's unit, with `effect_status`,
        null for the control.

        Statuses: INVALID_CONFIG (alpha, a quantile, or a proportion of unequal windows), NO_UNITS,
        NON_FINITE_INPUT, NO_PRE_DATA, ZERO_DENOMINATOR, INSUFFICIENT_UNITS, ZERO_VARIANCE or OK; of
        effects also NO_CONTROL.

    Raises:
        ValueError: a column is missing, or a variant is there twice.

    Source: paired t-test; difference in differences as in Angrist and Pischke (2009), Mostly
    harmless econometrics, 5.2, over units: CUPED with theta = 1.
    """
    require(statistics, [*keys, "variant", "control_variant", "metric_type", "alpha", "n"])
    if statistics.duplicated([*keys, "variant"]).any():
        raise ValueError(f"a variant is there twice for the same {', '.join(keys)}")
    alpha = numbers(statistics, "alpha")
    control, is_control = _controls(statistics, keys)
    with np.errstate(all="ignore"):
        arm = _per_day(statistics)
        change = _paired(arm)
        status = _statuses(statistics, arm, change)
        columns = _described(arm, change, alpha, status)
        effect = differ(arm.take(control), arm, np.ones(len(arm.n)))
        of_effect = _effect_statuses(status, control, effect)
        of_effect[is_control] = None
        columns |= _effects(effect, alpha, of_effect)
    rows = np.arange(len(statistics), dtype=np.int64)
    return as_frame(
        keys_of(statistics, keys, rows)
        | {"variant": texts(statistics, "variant"), "n": counts(arm.n)}
        | columns
        | {"status": status, "effect_status": of_effect}
    )


def _per_day(statistics: pd.DataFrame) -> Moments:
    """Means by the days of their window; other types are shares and ratios already."""
    moments = metric_moments(statistics)
    is_mean = texts(statistics, "metric_type") == "mean"
    scale = np.ones((4, len(statistics)))
    for value, name in ((Y, "after_days"), (X, "before_days")):
        scale[value] = np.where(is_mean, 1 / _days(statistics, name), 1)
    covariance = moments.covariance * scale[:, None] * scale[None, :]
    return Moments(moments.n, moments.shift * scale, moments.centred * scale, covariance)


def _days(statistics: pd.DataFrame, name: str) -> Floats:
    days = numbers(statistics, name)
    return np.where(np.isnan(days), 1, days)


def _controls(statistics: pd.DataFrame, keys: Sequence[str]) -> tuple[Integers, Texts]:
    """The row of each row's control, -1 without one, and whether it is that itself."""
    number, first = groups(statistics, keys)
    is_control = texts(statistics, "variant") == texts(statistics, "control_variant")
    controls = np.full(len(first), -1)
    controls[number[is_control]] = np.flatnonzero(is_control)
    return controls[number], is_control


def _paired(arm: Moments) -> Difference:
    """After less before, of the same units."""
    after, before = arm.variance(Y, D), arm.variance(X, E)
    shared = arm.linearised((Y, D), (X, E))
    spread = after + before - 2 * shared
    spread = np.maximum(without_rounding(spread, after + before + 2 * np.abs(shared)), 0)
    baseline = arm.ratio(X, E)
    return Difference(
        value=arm.ratio(Y, D) - baseline,
        variance_control=before,
        variance_treatment=after,
        variance=spread / arm.n,
        freedom=arm.n - 1,
        baseline=np.abs(baseline),
        baseline_variance=before / arm.n,
        covariance=np.sign(baseline) * (shared - before) / arm.n,
    )


def _statuses(statistics: pd.DataFrame, arm: Moments, change: Difference) -> Texts:
    kind, alpha = texts(statistics, "metric_type").astype("U"), numbers(statistics, "alpha")
    after, before = _days(statistics, "after_days"), _days(statistics, "before_days")
    is_valid = (alpha > 0) & (alpha < 1) & np.isin(kind, METRIC_TYPES) & (kind != "quantile")
    is_valid &= (after > 0) & (before > 0) & ((after == before) | (kind != "proportion"))
    found = np.isfinite(change.value) & np.isfinite(change.variance)
    return first_of(
        ("INVALID_CONFIG", ~is_valid),
        ("NO_UNITS", arm.n < 1),
        (
            "NON_FINITE_INPUT",
            (numbers(statistics, "n_non_finite") > 0) | ~is_known(arm, (Y, D)),
        ),
        ("NO_PRE_DATA", (numbers(statistics, "n_with_pre") == 0) | ~is_known(arm, (Y, D, X, E))),
        ("ZERO_DENOMINATOR", (arm.mean(D) == 0) | (arm.mean(E) == 0)),
        ("INSUFFICIENT_UNITS", arm.n < 2),
        ("NON_FINITE_INPUT", ~found),
        ("ZERO_VARIANCE", change.variance == 0),
        otherwise="OK",
    )


def _effect_statuses(status: Texts, control: Integers, effect: Difference) -> Texts:
    """That of the arm or of its control, if there is one."""
    of_control = np.where(control < 0, "NO_CONTROL", status[control])
    found = np.isfinite(effect.value) & (effect.variance > 0)
    result = np.where(of_control == "OK", status, of_control)
    return np.where((result == "OK") & ~found, "ZERO_VARIANCE", result).astype(object)


def _described(arm: Moments, change: Difference, alpha: Floats, status: Texts) -> dict[str, Floats]:
    interval, relative = change.interval(alpha), change.lift_interval(alpha / 2)
    means = {"mean_before": arm.ratio(X, E), "mean_after": arm.ratio(Y, D), "change": change.value}
    tested = {
        "change_se": change.standard_error,
        "change_p_value": change.p_value,
        "change_low": interval.low,
        "change_high": interval.high,
        "relative_change": change.lift,
        "relative_change_low": relative.low,
        "relative_change_high": relative.high,
    }
    known = np.isin(status, ("OK", "ZERO_VARIANCE"))
    return {name: np.where(known, values, np.nan) for name, values in means.items()} | {
        name: np.where(status == "OK", values, np.nan) for name, values in tested.items()
    }


def _effects(effect: Difference, alpha: Floats, status: Texts) -> dict[str, Floats]:
    interval = effect.interval(alpha)
    tested = {
        "effect": effect.value,
        "effect_se": effect.standard_error,
        "effect_df": effect.freedom,
        "effect_p_value": effect.p_value,
        "effect_low": interval.low,
        "effect_high": interval.high,
    }
    is_done = status == "OK"
    return {name: np.where(is_done, values, np.nan) for name, values in tested.items()} | {
        "is_causal": is_done
    }
