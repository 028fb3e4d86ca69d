"""Whether segments differ in what a treatment does, and what to believe of each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm, t

from headwater.statistics.experiments.columns import (
    Flags,
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
    total,
    verdicts,
)

OVERALL = "__all__"
KEYS = ("experiment_id", "metric_id", "treatment", "method", "segment_name")
MIX_KEYS = ("experiment_id", "metric_id", "segment_name")
IMBALANCED = 0.001  # p-value
CONFIDENCE_TAIL = 0.025


def segment_mix(arms: pd.DataFrame, keys: Sequence[str] = MIX_KEYS) -> pd.DataFrame:
    """Whether all variants have the same mix of segments, as random assignment gives them.

    Args:
        arms: a row per `keys`, `segment_value` and `variant` with `n` units; the overall row of
            each dimension is to be left out.
        keys: of a dimension.

    Returns:
        A row per `keys`: `chi2`, `df` and `p_value` of Pearson's test of independence without
        correction, over variants and segments that have units; null with fewer than two of either.
        `is_imbalanced` where p_value < 0.001.

    Raises:
        ValueError: a column is missing.

    Source: scipy.stats.chi2_contingency with correction=False, for all dimensions at once.
    """
    require(arms, [*keys, "segment_value", "variant", "n"])
    number, first = groups(arms, keys)
    n = np.nan_to_num(numbers(arms, "n"))
    by_segment, first_of_segment = groups(arms, [*keys, "segment_value"])
    by_variant, first_of_variant = groups(arms, [*keys, "variant"])
    of_segment = total(n, by_segment, len(first_of_segment))
    of_variant = total(n, by_variant, len(first_of_variant))
    units = total(n, number, len(first))
    with np.errstate(all="ignore"):
        expected = of_segment[by_segment] * of_variant[by_variant] / units[number]
        misses = np.where(expected > 0, (n - expected) ** 2 / expected, 0)
    # a cell without a row has no units, and misses as many as were expected
    absent = units - total(np.where(expected > 0, expected, 0), number, len(first))
    statistic = np.maximum(total(misses, number, len(first)) + absent, 0)
    segment_count = total(of_segment > 0, number[first_of_segment], len(first))
    variant_count = total(of_variant > 0, number[first_of_variant], len(first))
    freedom = (segment_count - 1) * (variant_count - 1)
    is_tested = (segment_count > 1) & (variant_count > 1)
    p_value = chi2.sf(statistic, np.where(is_tested, freedom, np.nan))
    return as_frame(
        keys_of(arms, keys, first)
        | {
            "chi2": np.where(is_tested, statistic, np.nan),
            "df": counts(np.where(is_tested, freedom, np.nan)),
            "p_value": p_value,
            "is_imbalanced": verdicts(p_value < IMBALANCED, is_tested),
        }
    )


def heterogeneity(results: pd.DataFrame, keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """Whether the effect is the same in all segments of a dimension, and the effect in a fixed mix.

    Args:
        results: of `compare_variants`: a row per `keys` and segment_value, and the overall row
            (segment_value `__all__`, of any segment_name) of the same experiment, metric,
            treatment and method.
        keys: of a dimension; segment_name is the last.

    Returns:
        A row per `keys` that has segments with status OK: `segment_count` of them and
        `left_out_count` of the others; `cochran_q`, `q_df`, `interaction_p_value` (segment by
        variant) and `i2`; `fixed_effect` and `fixed_effect_se`; `post_stratified_diff` and
        `post_stratified_se`, weighted by units, which a different mix of segments in the arms does
        not move; `overall_diff`; and `is_simpson`: all of two or more segments have the sign that
        the overall difference has not. Differences are in the metric's unit.

    Raises:
        ValueError: a column is missing.

    Source: Cochran (1954), Biometrics 10; Higgins and Thompson (2002), Statistics in Medicine 21;
    post-stratification: Miratrix, Sekhon and Yu (2013), JRSS B 75. As statsmodels' combine_effects.
    """
    require(results, [*keys, "segment_value", "diff", "se", "status", "n_control", "n_treatment"])
    is_whole = texts(results, "segment_value") == OVERALL
    of_segments = results[~is_whole].reset_index(drop=True)
    is_done = texts(of_segments, "status") == "OK"
    segments = of_segments[is_done]
    number, first = groups(segments, keys)
    parts = _Parts.read(segments, "diff", "se", number, len(first))
    n = numbers(segments, "n_control") + numbers(segments, "n_treatment")
    share = n / total(n, number, len(first))[number]
    overall = _overall(results[is_whole], segments.take(first), keys[:-1])
    opposed = np.sign(parts.value) == -np.sign(overall)[number]
    is_simpson = (total(opposed, number, len(first)) == parts.size) & (parts.size > 1)
    is_known = np.isfinite(overall) & (overall != 0)
    freedom = parts.size - 1
    with np.errstate(all="ignore"):
        inconsistency = np.where(parts.q > 0, np.maximum(1 - freedom / parts.q, 0), 0)
        stratified_error = np.sqrt(total(share**2 * parts.error**2, number, len(first)))
    return as_frame(
        keys_of(segments, keys, first)
        | {
            "segment_count": counts(parts.size),
            "left_out_count": counts(_left_out(of_segments, is_done, first, keys)),
            "cochran_q": np.where(freedom > 0, parts.q, np.nan),
            "q_df": counts(freedom),
            "interaction_p_value": chi2.sf(parts.q, np.where(freedom > 0, freedom, np.nan)),
            "i2": np.where(freedom > 0, inconsistency, np.nan),
            "fixed_effect": parts.mean,
            "fixed_effect_se": 1 / np.sqrt(total(parts.weight, number, len(first))),
            "post_stratified_diff": total(share * parts.value, number, len(first)),
            "post_stratified_se": stratified_error,
            "overall_diff": overall,
            "is_simpson": verdicts(is_simpson, is_known),
        }
    )


def shrink(results: pd.DataFrame, keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """Estimates of segments, drawn to their common mean as far as chance explains their spread.

    The largest of many estimates is too large more often than not; these are not, on average.

    Args:
        results: of `compare_variants`, a row per `keys` and segment_value.
        keys: of a dimension; segment_name is the last.

    Returns:
        The rows of segments (not the overall ones) in their order, with `keys`, `segment_value`,
        and for each of diff and lift: `shrunk_*`, `shrunk_*_se`, `shrunk_*_low` and
        `shrunk_*_high`, its 95 % interval, and `*_spread`, the standard deviation of the true
        effects; null where there is no estimate.

    Raises:
        ValueError: a column is missing.

    Source: empirical Bayes with a normal prior, Morris (1983), JASA 78; the spread by DerSimonian
    and Laird (1986), Controlled Clinical Trials 7, whose weights also give the mean.
    """
    require(results, [*keys, "segment_value", "diff", "se", "lift", "lift_se"])
    rows = results[texts(results, "segment_value") != OVERALL].reset_index(drop=True)
    columns: dict[str, Any] = {name: rows[name].array for name in (*keys, "segment_value")}
    for name, error in (("diff", "se"), ("lift", "lift_se")):
        known = np.isfinite(numbers(rows, name)) & (numbers(rows, error) > 0)
        place = np.flatnonzero(known)
        segments = rows.take(place)
        number, first = groups(segments, keys)
        parts = _Parts.read(segments, name, error, number, len(first))
        for label, values in _shrunk(parts, number, len(first)).items():
            column = np.full(len(rows), np.nan)
            column[place] = values
            columns[label.format(name)] = column
    return as_frame(columns)


def interactions(
    results: pd.DataFrame,
    reference: str | Mapping[str, str] | None = None,
    alpha: float | Floats = 0.05,
    keys: Sequence[str] = KEYS,
) -> pd.DataFrame:
    """How much more a treatment does in one segment than in another.

    With the variants of another experiment as segments (segment_name that experiment, reference its
    control) this is whether two experiments disturb each other: the difference of differences over
    units that were in both. See `crossing`.

    Args:
        results: of `compare_variants`, a row per `keys` and segment_value.
        reference: segment_value that the others are compared with, or that of each segment_name;
            the one with most units if None, of several the first by name.
        alpha: 1 - confidence of the intervals, in (0, 1); one, or one for each row of results.
        keys: of a dimension; segment_name is the last.

    Returns:
        A row per segment that is not the reference and has, like it, status OK: `reference_value`,
        `difference` (of the differences, in the metric's unit), `se`, `df`, `t_stat`, `p_value`,
        `ci_low` and `ci_high`. p-values are not adjusted: see `families.adjusted`.

    Raises:
        ValueError: a column is missing, or alpha is not in (0, 1).

    Source: Welch (1947) and Satterthwaite (1946) for the sum of two independent estimates.
    """
    require(results, [*keys, "segment_value", "diff", "se", "df", "status"])
    alphas = np.broadcast_to(np.asarray(alpha, dtype=np.float64), len(results))
    if not np.all((alphas > 0) & (alphas < 1)):
        raise ValueError(f"alpha must be in (0, 1), got {alpha}")
    is_done = (texts(results, "segment_value") != OVERALL) & (texts(results, "status") == "OK")
    rows = results[is_done].reset_index(drop=True)
    number, first = groups(rows, keys)
    if isinstance(reference, Mapping):
        wanted: str | Texts | None = rows[keys[-1]].map(reference).to_numpy(dtype=object)
    else:
        wanted = reference
    base = _references(rows, wanted, number, len(first))[number]
    place = np.flatnonzero((base >= 0) & (base != np.arange(len(rows))))
    base = base[place]
    value, variance = numbers(rows, "diff"), numbers(rows, "se") ** 2
    both = variance[place] + variance[base]
    shares = variance / np.where(numbers(rows, "df") > 0, numbers(rows, "df"), np.nan) * variance
    freedom = both**2 / (shares[place] + shares[base])
    difference, error = value[place] - value[base], np.sqrt(both)
    margin = t.isf(alphas[is_done][place] / 2, freedom) * error
    return as_frame(
        {name: rows[name].take(place).array for name in (*keys, "segment_value")}
        | {
            "reference_value": rows["segment_value"].take(base).array,
            "difference": difference,
            "se": error,
            "df": freedom,
            "t_stat": difference / error,
            "p_value": 2 * t.sf(np.abs(difference / error), freedom),
            "ci_low": difference - margin,
            "ci_high": difference + margin,
        }
    )


class _Parts(NamedTuple):
    """Estimates of segments, and of each dimension their weighted mean and Cochran's Q."""

    value: Floats
    error: Floats
    weight: Floats
    size: Floats  # how many segments
    mean: Floats
    q: Floats

    @classmethod
    def read(
        cls, rows: pd.DataFrame, value: str, error: str, number: Integers, count: int
    ) -> _Parts:
        values, errors = numbers(rows, value), numbers(rows, error)
        weight = 1 / errors**2
        mean = total(weight * values, number, count) / total(weight, number, count)
        apart = total(weight * (values - mean[number]) ** 2, number, count)
        return cls(values, errors, weight, total(weight > 0, number, count), mean, apart)


def _shrunk(parts: _Parts, number: Integers, count: int) -> dict[str, Floats]:
    """By segment; `{}` in the names stands for what was estimated."""
    weights, squares = (total(parts.weight**power, number, count) for power in (1, 2))
    scale = weights - squares / weights
    excess = np.where(parts.size > 1, parts.q - (parts.size - 1), 0)
    spread = np.maximum(excess, 0) / np.where(parts.size > 1, scale, 1)
    variance = parts.error**2
    both = 1 / (variance + spread[number])
    mean = total(both * parts.value, number, count) / total(both, number, count)
    pull = variance * both  # 1: all the way to the mean
    value = pull * mean[number] + (1 - pull) * parts.value
    error = np.sqrt((1 - pull) * variance + pull**2 / total(both, number, count)[number])
    margin = norm.isf(CONFIDENCE_TAIL) * error
    return {
        "shrunk_{}": value,
        "shrunk_{}_se": error,
        "shrunk_{}_low": value - margin,
        "shrunk_{}_high": value + margin,
        "{}_spread": np.sqrt(spread)[number],
    }


def _overall(whole: pd.DataFrame, wanted: pd.DataFrame, keys: Sequence[str]) -> Floats:
    """The overall difference of each wanted row, NaN where there is none."""
    known = whole[texts(whole, "status") == "OK"].drop_duplicates(list(keys))
    known = known[[*keys]].assign(overall=numbers(known, "diff"))
    found = wanted[[*keys]].merge(known, how="left", on=list(keys))
    return numbers(found, "overall")


def _left_out(rows: pd.DataFrame, is_done: Flags, first: Integers, keys: Sequence[str]) -> Floats:
    """How many segments of each dimension could not be compared."""
    number, _ = groups(rows, keys)
    missing = total(~is_done, number, int(number.max(initial=-1)) + 1)
    return missing[number[np.flatnonzero(is_done)[first]]]


def _references(
    rows: pd.DataFrame, reference: str | Texts | None, number: Integers, count: int
) -> Integers:
    """The row of each dimension's reference, or of each row's, -1 where it is missing."""
    names = texts(rows, "segment_value")
    found = np.full(count, -1)
    if reference is not None:
        place = np.flatnonzero(names == reference)
    else:
        units = numbers(rows, "n_control") + numbers(rows, "n_treatment")
        # the last one assigned stays: most units, then first by name
        order = np.lexsort((-np.unique(names.astype("U"), return_inverse=True)[1], units))
        place = order
    found[number[place]] = place
    return found
